#include "decide/window_bank.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace weir::decide {

void WindowBank::set_rules(const RuleSet& rules, std::size_t keys_max) {
  std::map<std::string, std::unique_ptr<Window>> before;
  for (auto& window : windows_) before.emplace(window->text, std::move(window));
  windows_.clear();
  keys_.clear();
  for (const RuleWindow& of : rules.windows) {
    const auto found = before.find(of.text);
    if (found != before.end()) {
      windows_.push_back(std::move(found->second));
    } else {
      WindowSpec spec = of.spec;
      spec.keys_max = std::min(spec.keys_max, keys_max);
      windows_.push_back(std::make_unique<Window>(of, spec));
      // The time since a key's last event needs no history to be right about what it has seen.
      windows_.back()->warm = spec.function == WindowFunction::kSince;
    }
    Window& window = *windows_.back();
    window.name = of.name;
    window.filter.resize(of.filter ? kChunkWords : 0);
    window.value_bits.resize(of.value ? kChunkWords : 0);
    window.words.resize(of.value ? kChunkRows : 0);
    window.texts.resize(of.value && of.value_type.is(expr::Kind::kString) ? kChunkRows : 0);
    for (const RuleField field : of.key) {
      if (key_column(field) == nullptr) {
        keys_.push_back({field, std::vector<std::uint64_t>(kChunkRows)});
      }
    }
  }
  rules_ = &rules;
  all_warm_ = std::all_of(windows_.begin(), windows_.end(), [](const auto& w) { return w->warm; });
}

void WindowBank::set_program(const LinkedRules& linked) {
  if (!linked.prepare) return;
  outputs_.assign(linked.prepare->outputs(), {});
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    Window& window = *windows_[i];
    if (linked.filter_outputs[i]) {
      outputs_[*linked.filter_outputs[i]].data = window.filter.data();
    }
    if (linked.value_outputs[i]) {
      expr::OutputView& view = outputs_[*linked.value_outputs[i]];
      view.data = window.texts.empty() ? static_cast<void*>(window.words.data())
                                       : static_cast<void*>(window.texts.data());
      view.validity = window.value_bits.data();
    }
  }
  scratch_ = std::make_unique<expr::Scratch>(*linked.prepare);
}

void WindowBank::begin_batch(std::size_t rows) {
  batch_rows_ = rows;
  for (auto& window : windows_) {
    if (window->values.size() >= rows) continue;
    window->values.resize(rows);
    window->valid.resize(rows);
    window->bits.resize((rows + 63) / 64);
  }
}

const std::uint64_t* WindowBank::key_column(RuleField field) const {
  for (const KeyColumn& key : keys_) {
    if (key.field == field) return key.words.data();
  }
  return nullptr;
}

void WindowBank::gather(const DecideInput& in, std::size_t begin, std::size_t rows) {
  const wire::Event* events = in.columns->events.data() + begin;
  for (std::size_t i = 0; i < rows; ++i) {
    times_[i] = events[i].time_us;
    watermark_us_ = std::max(watermark_us_, times_[i]);
    latest_[i] = watermark_us_;
  }
  for (KeyColumn& key : keys_) {
    for (std::size_t i = 0; i < rows; ++i) key.words[i] = field_word(key.field, events[i]);
  }
}

void WindowBank::find_warm_row(Window& window, std::size_t rows) const {
  window.warm_row = 0;
  if (window.warm) return;
  if (window.started_us < 0) window.started_us = latest_[0];
  const std::int64_t warm_us = window.started_us + window.table.spec().width_us;
  const auto end = latest_.begin() + static_cast<std::ptrdiff_t>(rows);
  const auto first = std::lower_bound(latest_.begin(), end, warm_us);
  window.warm = first != end;
  window.warm_row = static_cast<std::size_t>(first - latest_.begin());
}

// Returns which rows the window counts: those whose filter is true and whose value is not null.
const std::uint8_t* WindowBank::included(Window& window, const RuleWindow& of, std::size_t rows) {
  if (!of.filter && !of.value) return nullptr;
  for (std::size_t i = 0; i < rows; ++i) {
    std::uint64_t word = ~std::uint64_t{0};
    if (of.filter) word &= window.filter[i / 64];
    if (of.value) word &= window.value_bits[i / 64];
    include_[i] = static_cast<std::uint8_t>(word >> i % 64 & 1);
  }
  return include_.data();
}

// Brings what `distinct` tells apart into one word a row.
void WindowBank::to_words(Window& window, const RuleWindow& of, std::size_t rows) const {
  if (of.value_type.is(expr::Kind::kString)) {
    for (std::size_t i = 0; i < rows; ++i) {
      const bool valid = (window.value_bits[i / 64] >> i % 64 & 1) != 0;
      window.words[i] = valid ? xxh3_64(as_bytes(window.texts[i])) : 0;
    }
  } else if (of.value_type.is(expr::Kind::kBool)) {
    // From the back, because the bits lie in the words they become.
    for (std::size_t i = rows; i-- > 0;) window.words[i] = window.words[i / 64] >> i % 64 & 1;
  }
}

Status WindowBank::run(const LinkedRules& linked, const DecideInput& in, std::size_t begin,
                       std::size_t rows, InputColumns& columns) {
  gather(in, begin, rows);
  if (linked.prepare) {
    WEIR_TRY(linked.prepare->evaluate(columns.views(), rows, *scratch_, outputs_));
  }
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    Window& window = *windows_[i];
    const RuleWindow& of = rules_->windows[i];
    find_warm_row(window, rows);
    WindowInput input;
    input.rows = rows;
    for (std::size_t k = 0; k < of.key.size(); ++k) input.keys[k] = key_column(of.key[k]);
    input.times_us = times_.data();
    input.include = included(window, of, rows);
    if (of.value) {
      to_words(window, of, rows);
      input.values = window.words.data();
    }
    window.table.update_and_read(
        input, {window.values.data() + begin, window.valid.data() + begin, nullptr});
    std::uint64_t* bits = window.bits.data() + begin / 64;
    pack_bits(window.valid.data() + begin, rows, bits);
    columns.set_window(i, window.values.data() + begin, bits);
  }
  if (!all_warm_) {
    all_warm_ = std::all_of(windows_.begin(), windows_.end(),
                            [](const auto& w) { return w->warm && w->warm_row == 0; });
  }
  return Status::ok();
}

void WindowBank::mark_warm() {
  for (auto& window : windows_) window->warm = true;
  all_warm_ = true;
}

std::vector<Decider::WindowStats> WindowBank::stats() const {
  std::vector<Decider::WindowStats> stats;
  for (const auto& window : windows_) {
    const WindowSpec& spec = window->table.spec();
    stats.push_back({window->name, window->text, spec.coverage(), window->table.keys(),
                     window->table.bytes(), spec.bytes_per_key(), window->table.rejected(),
                     window->warm});
  }
  return stats;
}

void WindowBank::save(ByteWriter& out) const {
  out.i64(watermark_us_);
  out.u32(static_cast<std::uint32_t>(windows_.size()));
  for (const auto& window : windows_) {
    out.text(window->text);
    out.i64(window->started_us);
    out.u8(window->warm);
    window->table.save(out);
  }
}

Status WindowBank::load(ByteReader& in) {
  const std::int64_t watermark_us = in.i64();
  const std::uint32_t count = in.u32();
  if (!in.ok() || count != windows_.size()) {
    return data_loss("window_count", "the snapshot holds the windows of other rules");
  }
  std::vector<std::unique_ptr<Window>> fresh;
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    if (in.text() != windows_[i]->text) {
      return data_loss("window_text", "the snapshot holds the windows of other rules");
    }
    auto window = std::make_unique<Window>(rules_->windows[i], windows_[i]->table.spec());
    window->started_us = in.i64();
    window->warm = in.u8() != 0;
    WEIR_TRY(window->table.load(in));
    fresh.push_back(std::move(window));
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    windows_[i]->started_us = fresh[i]->started_us;
    windows_[i]->warm = fresh[i]->warm;
    windows_[i]->table = std::move(fresh[i]->table);
  }
  watermark_us_ = watermark_us;
  all_warm_ = std::all_of(windows_.begin(), windows_.end(), [](const auto& w) { return w->warm; });
  return Status::ok();
}

}  // namespace weir::decide
