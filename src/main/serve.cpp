#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/run_directory.hpp"
#include "main/service/live_server.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"http", "ADDR", "listen for HTTP, default server.listen (127.0.0.1:8740)"},
    {"native", "ADDR", "listen for the frame protocol, for example 127.0.0.1:8741"},
    {"dir", "DIR", "data directory, default storage.data_dir"},
    {"rules", "FILE", "rules for a new data directory, default the ones that ship"},
    {"key-file", "FILE", "write a new admin key here (mode 0600) instead of to the terminal"},
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kDeviceConfigOption,
    kSetOption,
};

Status write_secret(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "wxe");
  if (file == nullptr) file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return errno_status("create", path, errno);
  fchmod(fileno(file), 0600);
  std::fputs((text + "\n").c_str(), file);
  return std::fclose(file) == 0 ? Status::ok() : errno_status("write", path, errno);
}

Status print_access(LiveServer& server, const Arguments& args) {
  if (!args.has("key-file") && server.has_keys()) return Status::ok();
  WEIR_ASSIGN(const std::string key, server.make_key("first", server::Role::kAdmin));
  if (args.has("key-file")) return write_secret(args.text("key-file"), key);
  std::printf("admin key, shown once: %s\n", key.c_str());
  return Status::ok();
}

Result<int> run(const Arguments& args) {
  block_signals();
  WEIR_ASSIGN(const auto config, load_configuration(args));
  const std::string dir = args.text("dir", config->text("storage.data_dir"));
  LiveServerSettings settings;
  settings.config = config;
  settings.read_config = [args](const std::optional<std::string>& text) {
    return read_configuration(args, text);
  };
  WEIR_ASSIGN(settings.gate, gate_options(*config, args, dir));
  settings.http = args.text("http", config->text("server.listen"));
  settings.native = args.text("native");
  settings.rules = shipped_rules();
  if (args.has("rules")) {
    WEIR_ASSIGN(settings.rules, read_text_file(args.text("rules")));
  }
  UnusedDirectory unused(settings.gate.dir);
  WEIR_ASSIGN(const auto server, LiveServer::start(std::move(settings)));
  unused.keep();
  const gate::RecoverySummary& recovery = server->pass().gate().recovery();
  std::printf("recovered %llu blocks (%llu events replayed) in %.2f s\n",
              static_cast<unsigned long long>(recovery.log.blocks),
              static_cast<unsigned long long>(recovery.replayed_events), recovery.seconds);
  WEIR_TRY(print_access(*server, args));
  std::printf("listening on %s, page %s\n", server->url().c_str(),
              server->page_link(server::Role::kAdmin).c_str());
  if (server->native_port() != 0) std::printf("frames on port %u\n", server->native_port());
  std::fflush(stdout);
  int signal = 0;
  while (signal == 0 && server->pass().gate().health().is_ok()) {
    signal = wait_for_signal(1000);
    if (signal != SIGHUP) continue;
    server->reload();
    signal = 0;
  }
  const Status failure = server->pass().gate().health();
  WEIR_TRY(server->stop());
  WEIR_TRY(failure);
  std::printf("stopped\n");
  return kExitOk;
}

}  // namespace

const Command kServeCommand = {"serve", "", "decide over HTTP and frames until stopped", kOptions,
                               run};

}  // namespace weir::main
