#include "main/command.hpp"

#include <algorithm>
#include <cstdio>

#include "base/log.hpp"

namespace weir::main {
namespace {

void print_help(std::FILE* to) {
  std::fputs("usage: weir COMMAND [options]\n\n", to);
  for (const Command* command : commands()) {
    const std::string name = std::string(command->name) + " " + std::string(command->operands);
    std::fprintf(to, "  %-28s %s\n", name.c_str(), std::string(command->summary).c_str());
  }
  std::fputs(
      "\nweir COMMAND --help shows the options of a command.\n"
      "exit codes: 0 done, 1 wrong usage, 2 input or I/O, 3 the log is unsound, 4 a replay "
      "differs,\n"
      "  5 a bench misses its target, 6 refused to start\n",
      to);
}

void print_help(const Command& command, std::FILE* to) {
  std::fprintf(to, "usage: weir %s [options] %s\n%s\n\n", std::string(command.name).c_str(),
               std::string(command.operands).c_str(), std::string(command.summary).c_str());
  for (const Option& option : command.options) {
    const std::string left = "--" + std::string(option.name) + " " + std::string(option.value);
    std::fprintf(to, "  %-28s %s\n", left.c_str(), std::string(option.help).c_str());
  }
}

// Names of two words ("rules try") go before names of one.
const Command* find_command(std::span<const std::string> words, std::size_t& used) {
  for (used = std::min<std::size_t>(2, words.size()); used > 0; --used) {
    const std::string name = used == 2 ? words[0] + " " + words[1] : words[0];
    for (const Command* command : commands()) {
      if (command->name == name) return command;
    }
  }
  return nullptr;
}

// Says where to look: the commands that begin with the word, or the help.
std::string advice(const std::string& word) {
  std::string names;
  for (const Command* command : commands()) {
    if (!command->name.starts_with(word + " ")) continue;
    names += (names.empty() ? "" : ", ") + std::string(command->name);
  }
  return names.empty() ? "weir help lists them" : "there are " + names;
}

int exit_code(const Status& status) {
  if (status.reason() == "usage") return kExitUsage;
  if (status.reason() == "refused_to_start") return kExitRefused;
  return status.code() == Code::kDataLoss ? kExitUnsound : kExitInput;
}

}  // namespace

int run_command(std::span<const std::string> words) {
  const bool help = !words.empty() && (words[0] == "help" || words[0] == "--help");
  if (words.empty() || (help && words.size() == 1)) {
    print_help(words.empty() ? stderr : stdout);
    return words.empty() ? kExitUsage : kExitOk;
  }
  if (help) words = words.subspan(1);
  std::size_t used = 0;
  const Command* command = find_command(words, used);
  if (command == nullptr) {
    std::fprintf(stderr, "weir: no command \"%s\"; %s\n", words[0].c_str(),
                 advice(words[0]).c_str());
    return kExitUsage;
  }
  const std::span<const std::string> rest = words.subspan(used);
  if (help || std::find(rest.begin(), rest.end(), "--help") != rest.end()) {
    print_help(*command, stdout);
    return kExitOk;
  }
  auto args = Arguments::parse(rest, command->options);
  if (args && command->operands.empty() && !args->positional().empty()) {
    args = fail(invalid_argument("usage", "weir " + std::string(command->name) +
                                              " takes options only, not \"" +
                                              args->positional()[0] + "\""));
  }
  const Result<int> code = args ? command->run(*args) : Result<int>(fail(args.error()));
  log().flush();
  if (code) return *code;
  std::fprintf(stderr, "weir: %s\n", code.error().to_string().c_str());
  return exit_code(code.error());
}

}  // namespace weir::main
