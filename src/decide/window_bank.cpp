#include "decide/window_bank.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace weir::decide {

namespace {

// Windows up to a day share what they know of a key. Longer ones keep to themselves: a directory
// holds on to its keys for as long as its longest window needs them, and one full of keys of a
// month ago would refuse new keys to a window of an hour.
std::int64_t shared_idle_us(const WindowSpec& spec) {
  return std::max(spec.idle_us(), kDay);
}

}  // namespace

WindowBank::Group& WindowBank::group_of(const RuleWindow& of, std::vector<Group>& before) {
  const std::int64_t idle_us = shared_idle_us(of.spec);
  const auto same = [&](const Group& group) {
    return group.idle_us == idle_us && group.key == of.key;
  };
  const auto found = std::find_if(groups_.begin(), groups_.end(), same);
  if (found != groups_.end()) return *found;
  const auto kept = std::find_if(before.begin(), before.end(), same);
  if (kept != before.end()) {
    groups_.push_back(std::move(*kept));
    before.erase(kept);
    groups_.back().members.clear();
  } else {
    groups_.push_back({of.key,
                       idle_us,
                       std::make_unique<KeyedWindows>(of.spec.key_words, of.spec.keys_max, &ahead_),
                       {},
                       {}});
  }
  return groups_.back();
}

void WindowBank::size_buffers(Window& window, const RuleWindow& of) const {
  window.filter.resize(of.filter ? kChunkWords : 0);
  window.include.resize(of.filter || of.value ? kChunkRows : 0);
  window.value_bits.resize(of.value ? kChunkWords : 0);
  window.words.resize(of.value ? kChunkRows : 0);
  window.texts.resize(of.value && of.value_type.is(expr::Kind::kString) ? kChunkRows : 0);
}

void WindowBank::set_rules(const RuleSet& rules) {
  std::map<std::string, std::unique_ptr<Window>> known;
  Columns columns;
  for (Group& group : groups_) {
    auto released = group.windows->release();
    for (std::size_t i = 0; i < released.size(); ++i) {
      columns.emplace(windows_[group.members[i]]->text, std::move(released[i]));
    }
  }
  for (auto& window : windows_) known.emplace(window->text, std::move(window));
  std::vector<Group> before = std::exchange(groups_, {});
  windows_.clear();
  keys_.clear();
  for (const RuleWindow& of : rules.windows) {
    auto found = known.find(of.text);
    if (found != known.end()) {
      windows_.push_back(std::move(found->second));
    } else {
      windows_.push_back(std::make_unique<Window>());
      windows_.back()->text = of.text;
      windows_.back()->spec = of.spec;
      // The time since a key's last event needs no history to be right about what it has seen.
      windows_.back()->warm = of.spec.function == WindowFunction::kSince;
    }
    Window& window = *windows_.back();
    window.name = of.name;
    size_buffers(window, of);
    Group& group = group_of(of, before);
    window.group = static_cast<std::size_t>(&group - groups_.data());
    window.member = group.members.size();
    group.members.push_back(windows_.size() - 1);
    const auto column = columns.find(of.text);
    if (column != columns.end()) {
      group.windows->adopt(std::move(column->second));
    } else {
      group.windows->add(of.spec);
    }
    group.uses.resize(group.members.size());
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
  const std::int64_t warm_us = window.started_us + window.spec.width_us;
  const auto end = latest_.begin() + static_cast<std::ptrdiff_t>(rows);
  const auto first = std::lower_bound(latest_.begin(), end, warm_us);
  window.warm = first != end;
  window.warm_row = static_cast<std::size_t>(first - latest_.begin());
}

// Returns which rows the window counts: those whose filter is true and whose value is not null.
const std::uint8_t* WindowBank::included(Window& window, const RuleWindow& of,
                                         std::size_t rows) const {
  if (!of.filter && !of.value) return nullptr;
  bool all = true;
  for (std::size_t w = 0; w * 64 < rows; ++w) {
    std::uint64_t word = ~std::uint64_t{0};
    if (of.filter) word &= window.filter[w];
    if (of.value) word &= window.value_bits[w];
    const std::size_t end = std::min<std::size_t>(64, rows - w * 64);
    all &= (~word & (~std::uint64_t{0} >> (64 - end))) == 0;
    for (std::size_t i = 0; i < end; ++i) {
      window.include[w * 64 + i] = static_cast<std::uint8_t>(word >> i & 1);
    }
  }
  return all ? nullptr : window.include.data();
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

void WindowBank::prepare_use(Window& window, const RuleWindow& of, std::size_t begin,
                             std::size_t rows) {
  WindowUse& use = groups_[window.group].uses[window.member];
  use.include = included(window, of, rows);
  if (of.value) {
    to_words(window, of, rows);
    use.values = window.words.data();
  }
  use.out = {window.values.data() + begin, window.valid.data() + begin, nullptr};
}

Status WindowBank::prepare(const LinkedRules& linked, const DecideInput& in, std::size_t begin,
                           std::size_t rows, InputColumns& columns) {
  gather(in, begin, rows);
  if (linked.prepare) {
    WEIR_TRY(linked.prepare->evaluate(columns.views(), rows, *scratch_, outputs_));
  }
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    prepare_use(*windows_[i], rules_->windows[i], begin, rows);
  }
  return Status::ok();
}

void WindowBank::feed(Group& group, std::size_t rows) const {
  KeyedRows input;
  input.rows = rows;
  for (std::size_t k = 0; k < group.key.size(); ++k) input.keys[k] = key_column(group.key[k]);
  input.times_us = times_.data();
  group.windows->update_and_read(input, group.uses);
}

Status WindowBank::run(const LinkedRules& linked, const DecideInput& in, std::size_t begin,
                       std::size_t rows, InputColumns& columns) {
  WEIR_TRY(prepare(linked, in, begin, rows, columns));
  for (auto& window : windows_) find_warm_row(*window, rows);
  for (Group& group : groups_) feed(group, rows);
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    Window& window = *windows_[i];
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

// Which ranges of slots the windows of a group need not be fed.
void WindowBank::mark_ahead(std::size_t group, const BlockAgain& again) {
  for (std::size_t i = 0; i < groups_[group].members.size(); ++i) {
    const WindowLayout::Column& column = again.ahead.column(group, i);
    std::vector<std::uint8_t>& ahead = windows_[groups_[group].members[i]]->ahead;
    ahead.resize(column.pieces);
    for (std::size_t piece = 0; piece < column.pieces; ++piece) {
      ahead[piece] = again.ahead.piece(column.first_piece + piece, again.height) ? 1 : 0;
    }
    groups_[group].uses[i].ahead = ahead;
    groups_[group].uses[i].range_slots = column.range_slots;
    groups_[group].uses[i].restored_slots = again.ahead.slots(group);
  }
}

Status WindowBank::run_behind(const LinkedRules& linked, const DecideInput& in, std::size_t begin,
                              std::size_t rows, InputColumns& columns, const BlockAgain& again) {
  WEIR_TRY(prepare(linked, in, begin, rows, columns));
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (again.ahead.group(g, again.height)) continue;
    mark_ahead(g, again);
    feed(groups_[g], rows);
    for (WindowUse& use : groups_[g].uses) use.ahead = {};
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
    const KeyedWindows& group = *groups_[window->group].windows;
    const WindowColumn& column = group.window(window->member);
    stats.push_back({window->name, window->text, window->spec.coverage(), group.keys(),
                     column.bytes() + group.directory_bytes() / group.size(),
                     window->spec.bytes_per_key(), column.rejected(), window->warm});
  }
  return stats;
}

void WindowBank::save_progress(ByteWriter& out) const {
  out.i64(watermark_us_);
  out.u32(static_cast<std::uint32_t>(windows_.size()));
  for (const auto& window : windows_) {
    out.text(window->text);
    out.i64(window->started_us);
    out.u8(window->warm);
  }
}

Status WindowBank::load_progress(ByteReader& in) {
  const std::int64_t watermark_us = in.i64();
  const std::uint32_t count = in.u32();
  if (!in.ok() || count != windows_.size()) {
    return data_loss("window_count", "the snapshot holds the windows of other rules");
  }
  struct Progress {
    std::int64_t started_us;
    bool warm;
  };
  std::vector<Progress> progress;
  for (const auto& window : windows_) {
    if (in.text() != window->text) {
      return data_loss("window_text", "the snapshot holds the windows of other rules");
    }
    const std::int64_t started_us = in.i64();
    progress.push_back({started_us, in.u8() != 0});
  }
  if (!in.ok()) return data_loss("window_count", "the progress of the windows is cut off");
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    windows_[i]->started_us = progress[i].started_us;
    windows_[i]->warm = progress[i].warm;
  }
  watermark_us_ = watermark_us;
  all_warm_ = std::all_of(windows_.begin(), windows_.end(), [](const auto& w) { return w->warm; });
  return Status::ok();
}

Status WindowBank::load(ByteReader& in) {
  std::vector<std::unique_ptr<KeyedWindows>> fresh;
  for (const Group& group : groups_) {
    fresh.push_back(group.windows->empty_copy());
    WEIR_TRY(fresh.back()->load(in));
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) groups_[i].windows = std::move(fresh[i]);
  return Status::ok();
}

WindowLayout WindowBank::layout() const {
  WindowLayout layout;
  for (const Group& group : groups_) {
    layout.add(group.windows->slots(), group.windows->bytes_per_key());
  }
  return layout;
}

}  // namespace weir::decide
