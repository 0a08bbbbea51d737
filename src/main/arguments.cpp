#include "main/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/config/schema.hpp"

namespace weir::main {
namespace {

Status unknown_option(std::string_view name, std::span<const Option> options) {
  std::string message = "unknown option --";
  message += name;
  Status status = invalid_argument("usage", std::move(message));
  const Option* best = nullptr;
  std::size_t best_distance = 4;
  for (const Option& option : options) {
    const std::size_t distance = edit_distance(name, option.name);
    if (distance < best_distance) {
      best = &option;
      best_distance = distance;
    }
  }
  if (best != nullptr)
    return std::move(status).hint("did you mean --" + std::string(best->name) + "?");
  return status;
}

Status bad_number(std::string_view name, std::string_view text) {
  return invalid_argument(
      "usage", "--" + std::string(name) + " takes a number, not \"" + std::string(text) + "\"");
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const std::string> words,
                                   std::span<const Option> options) {
  Arguments parsed;
  bool options_ended = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (options_ended || word.size() < 3 || word.compare(0, 2, "--") != 0) {
      if (!options_ended && word == "--") {
        options_ended = true;
      } else {
        parsed.positional_.push_back(word);
      }
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto option = std::find_if(options.begin(), options.end(),
                                     [&](const Option& o) { return o.name == name; });
    if (option == options.end()) return fail(unknown_option(name, options));
    std::vector<std::string>& values = parsed.values_[name];
    if (option->value.empty()) {
      if (equals != std::string::npos) {
        return fail(invalid_argument("usage", "--" + name + " takes no value"));
      }
      values.emplace_back();
    } else if (equals != std::string::npos) {
      values.push_back(word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      values.push_back(words[++i]);
    } else {
      return fail(
          invalid_argument("usage", "--" + name + " needs a value: " + std::string(option->value)));
    }
  }
  return parsed;
}

std::string Arguments::text(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::string(fallback) : found->second.back();
}

std::vector<std::string> Arguments::texts(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

Result<std::uint64_t> Arguments::u64(std::string_view name, std::uint64_t fallback) const {
  if (!has(name)) return fallback;
  const std::string value = text(name);
  std::uint64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{}) return fail(bad_number(name, value));
  std::uint64_t scale = 1;
  if (rest != end) {
    if (rest + 1 != end) return fail(bad_number(name, value));
    if (*rest == 'k') scale = 1'000;
    if (*rest == 'M') scale = 1'000'000;
    if (*rest == 'G') scale = 1'000'000'000;
    if (scale == 1 || number > UINT64_MAX / scale) return fail(bad_number(name, value));
  }
  return number * scale;
}

Result<double> Arguments::f64(std::string_view name, double fallback) const {
  if (!has(name)) return fallback;
  const std::string value = text(name);
  double number = 0;
  const char* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{} || rest != end || !std::isfinite(number)) {
    return fail(bad_number(name, value));
  }
  return number;
}

}  // namespace weir::main
