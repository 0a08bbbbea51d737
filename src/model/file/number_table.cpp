#include "model/file/number_table.hpp"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include "model/numeric/matrix_source.hpp"
#include "storage/file_ops.hpp"

namespace weir::model {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view field) {
  const std::size_t first = field.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  field = field.substr(first, field.find_last_not_of(kBlanks) - first + 1);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    field = field.substr(1, field.size() - 2);
  }
  return field;
}

// Cuts the text before `mark` off and returns it; the rest stays.
std::string_view take_until(std::string_view& rest, char mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view taken = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return taken;
}

Result<std::vector<std::string>> read_header(std::string_view line, const std::string& path) {
  std::vector<std::string> names;
  do {
    names.emplace_back(trimmed(take_until(line, ',')));
    const std::string& name = names.back();
    if (name.empty()) {
      return fail(invalid_argument("no_header", path + ": column " + std::to_string(names.size()) +
                                                    " has no name")
                      .at_line(1, static_cast<std::uint32_t>(names.size()))
                      .hint("the first line names the columns"));
    }
    if (std::find(names.begin(), names.end() - 1, name) != names.end() - 1) {
      return fail(invalid_argument("column_twice", path + ": column " + name + " is there twice")
                      .at_line(1, static_cast<std::uint32_t>(names.size())));
    }
  } while (!line.empty());
  return names;
}

Result<std::string> read_text(const std::string& path) {
  storage::FileOps& files = storage::system_files();
  const int fd = files.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fail(storage::system_status("open", path, fd));
  const std::int64_t size = files.size(fd);
  Status status = size < 0 ? storage::system_status("size", path, size) : Status::ok();
  std::string text(status.is_ok() ? static_cast<std::size_t>(size) : 0, '\0');
  if (status.is_ok()) {
    status = storage::read_exactly(
        files, fd, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, 0, path);
  }
  files.close(fd);
  if (!status.is_ok()) return fail(std::move(status));
  return text;
}

}  // namespace

Result<NumberTable> NumberTable::read_csv(const std::string& path) {
  WEIR_ASSIGN(const std::string text, read_text(path));
  return parse_csv(text, path);
}

Result<NumberTable> NumberTable::parse_csv(std::string_view text, const std::string& path) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  NumberTable table;
  WEIR_ASSIGN(table.names_, read_header(take_until(text, '\n'), path));
  for (std::uint64_t line = 2; !text.empty(); ++line) {
    std::string_view rest = take_until(text, '\n');
    if (trimmed(rest).empty() && text.empty()) break;
    const auto fields = static_cast<std::size_t>(std::count(rest.begin(), rest.end(), ',')) + 1;
    if (fields != table.columns()) {
      return fail(invalid_argument("row_length", path + ": " + std::to_string(fields) +
                                                     " fields, the header has " +
                                                     std::to_string(table.columns()))
                      .at_line(line));
    }
    for (std::size_t c = 0; c < fields; ++c) {
      const std::string_view field = trimmed(take_until(rest, ','));
      double value = 0;
      const char* const begin = field.data() + (field.starts_with('+') ? 1 : 0);
      const char* const end = field.data() + field.size();
      const auto [at, error] = std::from_chars(begin, end, value);
      if (error != std::errc() || at != end) {
        return fail(invalid_argument("number_format",
                                     path + ": \"" + std::string(field) + "\" is not a number")
                        .at(table.names_[c])
                        .at_line(line, static_cast<std::uint32_t>(c + 1)));
      }
      table.values_.push_back(value);
    }
  }
  return table;
}

Result<NumberTable> NumberTable::read_f64(const std::string& path, std::size_t columns) {
  WEIR_ASSIGN(const auto source, FileSource::open(path, columns));
  NumberTable table;
  table.names_.resize(columns);
  table.values_.resize(source->rows() * columns);
  WEIR_TRY(source->block(0, source->rows(), table.values_));
  return table;
}

Result<std::size_t> NumberTable::column(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
  std::string there;
  for (const std::string& each : names_) there += (there.empty() ? "" : ", ") + each;
  return fail(not_found("column", "no column " + std::string(name)).hint("there are " + there));
}

std::vector<double> NumberTable::copy_column(std::size_t column) const {
  std::vector<double> out(rows());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = values_[i * columns() + column];
  return out;
}

NumberTable NumberTable::select(const std::vector<std::size_t>& chosen) const {
  NumberTable out;
  for (const std::size_t column : chosen) out.names_.push_back(names_[column]);
  out.values_.reserve(rows() * chosen.size());
  for (std::size_t i = 0; i < rows(); ++i) {
    for (const std::size_t column : chosen) out.values_.push_back(values_[i * columns() + column]);
  }
  return out;
}

void append_number(std::string& out, double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  out.append(buffer, end);
}

}  // namespace weir::model
