#include "wire/ndjson.hpp"

#include <algorithm>

#include "wire/json_event.hpp"

namespace weir::wire {

struct NdjsonReader::State {
  explicit State(NdjsonOptions options) : reader(std::move(options)) {}
  JsonEventReader reader;
};

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Returns the end of the JSON value that starts at text[0], by brackets and quotes alone: behind
// its last character, or npos if it does not end within the text. A scalar ends before `,` `]` `}`
// or a blank.
std::size_t value_end(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
      if (!quoted && depth == 0) return i + 1;
      continue;
    }
    if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    } else if (depth == 0 && (c == ',' || is_blank(c))) {
      return i;
    }
  }
  return depth == 0 && !quoted ? text.size() : std::string_view::npos;
}

// Walks a text item by item and keeps count of lines.
class Items {
 public:
  explicit Items(std::string_view text) : text_(text) {}
  // Moves over blanks.
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) step(1);
  }
  bool done() const { return at_ == text_.size(); }
  char peek() const { return text_[at_]; }
  std::string_view rest() const { return text_.substr(at_); }
  std::size_t behind(std::size_t size) const { return text_.size() - at_ - size; }
  void step(std::size_t size) {
    lines_ +=
        static_cast<std::uint64_t>(std::count(text_.data() + at_, text_.data() + at_ + size, '\n'));
    at_ += size;
  }
  std::uint64_t line() const { return lines_ + 1; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace

Status NdjsonReader::take(std::string_view text, std::size_t behind, std::uint64_t line,
                          std::uint64_t& index, EventBatch& batch,
                          std::vector<JsonItemError>& errors) {
  if (index >= state_->reader.options().items_max)
    return out_of_range(
               "too_many_items",
               "more than " + std::to_string(state_->reader.options().items_max) + " events")
        .at_line(line);
  if (!state_->reader.read(text, behind, index, batch)) {
    errors.push_back(state_->reader.problem());
    errors.back().index = index;
    errors.back().line = line;
  } else {
    batch.lines.push_back(line);
  }
  ++index;
  return Status::ok();
}

Status NdjsonReader::read_array(std::string_view text, EventBatch& batch,
                                std::vector<JsonItemError>& errors) {
  const auto broken = [](const Items& items, const char* why) {
    return invalid_argument("json_shape", why).at_line(items.line());
  };
  Items items(text);
  items.skip_blanks();
  items.step(1);
  items.skip_blanks();
  std::uint64_t index = 0;
  bool first = true;
  while (!items.done() && items.peek() != ']') {
    if (!first) {
      if (items.peek() != ',') return broken(items, "a comma is missing between two items");
      items.step(1);
      items.skip_blanks();
    }
    first = false;
    const std::size_t size = value_end(items.rest());
    if (size == std::string_view::npos || size == 0)
      return broken(items, "an item of the array is missing or has no end");
    WEIR_TRY(
        take(items.rest().substr(0, size), items.behind(size), items.line(), index, batch, errors));
    items.step(size);
    items.skip_blanks();
  }
  if (items.done()) return broken(items, "the array is not closed");
  items.step(1);
  items.skip_blanks();
  return items.done() ? Status::ok() : broken(items, "something follows the array");
}

Status NdjsonReader::read(std::string_view text, EventBatch& batch,
                          std::vector<JsonItemError>& errors) {
  const std::string_view whole = without_blanks(text);
  if (whole.starts_with('[')) return read_array(text, batch, errors);
  std::uint64_t index = 0;
  // One object over several lines: its first line alone is not closed, the whole is.
  const std::string_view first = whole.substr(0, whole.find('\n'));
  if (first.size() != whole.size() && value_end(first) == std::string_view::npos &&
      value_end(whole) == whole.size())
    return take(whole, 0, 1, index, batch, errors);
  std::uint64_t line = 0;
  while (!text.empty()) {
    ++line;
    const std::size_t feed = std::min(text.find('\n'), text.size());
    const std::string_view item = without_blanks(text.substr(0, feed));
    if (!item.empty()) {
      const auto behind =
          static_cast<std::size_t>(text.data() + text.size() - item.data()) - item.size();
      WEIR_TRY(take(item, behind, line, index, batch, errors));
    }
    text.remove_prefix(std::min(feed + 1, text.size()));
  }
  return Status::ok();
}

bool NdjsonReader::read_one(std::string_view object, std::uint64_t index, EventBatch& batch,
                            JsonItemError& error) {
  if (state_->reader.read(object, 0, index, batch)) return true;
  error = state_->reader.problem();
  error.index = index;
  return false;
}

NdjsonReader::NdjsonReader(NdjsonOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
NdjsonReader::~NdjsonReader() = default;
NdjsonReader::NdjsonReader(NdjsonReader&&) noexcept = default;
NdjsonReader& NdjsonReader::operator=(NdjsonReader&&) noexcept = default;

}  // namespace weir::wire
