// Arguments: the words after a command, checked against the options it declares.
//
//   constexpr Option kOptions[] = {{"seconds", "N", "how long to run"},
//                                  {"no-open", "", "open no page"}};
//   WEIR_ASSIGN(const Arguments args, Arguments::parse(words, kOptions));
//   WEIR_ASSIGN(const std::uint64_t seconds, args.u64("seconds", 30));
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace weir::main {

struct Option {
  std::string_view name;   // without the dashes
  std::string_view value;  // what stands for its value in the help; empty: a switch
  std::string_view help;
};

class Arguments {
 public:
  // Accepts --name value, --name=value, switches, and positional words; "--" ends the options. An
  // unknown option is invalid_argument (usage) with the nearest name as its hint.
  static Result<Arguments> parse(std::span<const std::string> words,
                                 std::span<const Option> options);

  const std::vector<std::string>& positional() const { return positional_; }
  bool has(std::string_view name) const { return values_.count(std::string(name)) != 0; }
  // Puts a value before those given for an option that repeats: a default of one command.
  void add_first(std::string_view name, std::string value) {
    auto& values = values_[std::string(name)];
    values.insert(values.begin(), std::move(value));
  }
  // Returns the last value given, or `fallback`.
  std::string text(std::string_view name, std::string_view fallback = "") const;
  // Returns every value given, in order: for options that repeat.
  std::vector<std::string> texts(std::string_view name) const;
  // Numbers take the suffixes k, M, G (powers of ten): --events 1M.
  Result<std::uint64_t> u64(std::string_view name, std::uint64_t fallback) const;
  Result<double> f64(std::string_view name, double fallback) const;

 private:
  std::vector<std::string> positional_;
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace weir::main
