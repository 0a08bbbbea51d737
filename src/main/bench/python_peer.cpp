#include "main/bench/python_peer.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace weir::main {
namespace {

// Runs a program and returns what it printed. Arguments must need no quoting beyond ''.
Result<std::string> output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return fail(errno_status("start", command, errno));
  std::string text;
  char buffer[4096];
  std::size_t got = 0;
  while ((got = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0) text.append(buffer, got);
  const int status = pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(unavailable("peer_failed", command + " failed").at("status"));
  }
  return text;
}

std::string shell_word(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace

PythonPeer::PythonPeer(const Arguments& args, std::string_view script)
    : python_(args.text("python", ".venv/bin/python")), script_(args.text("script", script)) {}

Result<std::string> PythonPeer::run(const std::vector<std::string>& words) const {
  for (const std::string& needed : {python_, script_}) {
    if (!std::filesystem::exists(needed)) {
      return fail(not_found("peer_missing", "no " + needed).hint("./weir setup installs it"));
    }
  }
  std::string command = shell_word(python_) + " " + shell_word(script_);
  for (const std::string& word : words) command += " " + shell_word(word);
  return output_of(command);
}

std::string json_member(const std::string& json, const std::string& key) {
  const std::size_t at = json.find("\"" + key + "\": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size() + 4;
  if (json[begin] == '"') return json.substr(begin + 1, json.find('"', begin + 1) - begin - 1);
  return json.substr(begin, json.find_first_of(",}", begin) - begin);
}

}  // namespace weir::main
