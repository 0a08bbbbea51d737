// `weir op`: the named operations from the command line, as POST /v1/ops answers them.
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>

#include "base/isa.hpp"
#include "base/json.hpp"
#include "main/device/settings.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/verbs.hpp"
#include "ops/backend.hpp"
#include "ops/registry.hpp"
#include "server/operations/operation_service.hpp"
#include "server/operations/stream_run.hpp"

namespace weir::main {
namespace {

constexpr Option kRunOptions[] = {
    {"params", "FILE", "the parameters, a JSON object; - reads the standard input"},
    {"stream", "", "read rows, one a line, and answer them chunk by chunk"},
    {"rows", "FILE", "the rows of --stream, default the standard input"},
    {"device", "WHERE", "auto, cpu, gpu or sim (a simulated device), default auto"},
    {"compare", "", "run on the device and on the CPU, and tell the ratio"},
    {"explain", "", "say what would run where, and run nothing"},
    {"seed", "N", "seed of the simulated device, default 1"},
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kDeviceConfigOption,
    kSetOption,
};

std::string backends_of(const ops::OpEntry& entry) {
  std::string text;
  for (const auto kind : {device::Kind::kCpu, device::Kind::kSim, device::Kind::kCuda}) {
    if (!entry.has(kind)) continue;
    text += (text.empty() ? "" : " ") + std::string(device::kind_name(kind));
  }
  return text;
}

Result<int> run_list(const Arguments&) {
  std::printf("operations: weir op run NAME --params FILE\n");
  for (const server::Operation* operation : server::operations()) {
    std::printf("  %-22s %s\n", std::string(operation->name).c_str(),
                std::string(operation->summary).c_str());
  }
  std::printf("\nthe ops they are made of, with class and backends\n");
  for (const ops::OpEntry& entry : ops::registry()) {
    std::printf("  %-26s %-9s %-14s %s\n", std::string(entry.info.name).c_str(),
                std::string(ops::numeric_class_name(entry.info.numeric)).c_str(),
                backends_of(entry).c_str(), std::string(entry.info.summary).c_str());
  }
  return kExitOk;
}

Status one_name(const Arguments& args, std::string_view usage) {
  if (args.positional().size() == 1) return Status::ok();
  return invalid_argument("usage", "usage: weir op " + std::string(usage))
      .hint("weir op list names the operations");
}

Result<int> run_describe(const Arguments& args) {
  WEIR_TRY(one_name(args, "describe NAME"));
  const std::string& name = args.positional()[0];
  if (const server::Operation* operation = server::find_operation(name)) {
    std::printf("%s: %s\nparameters: %s\nexample: %s\n", name.c_str(),
                std::string(operation->summary).c_str(), std::string(operation->parameters).c_str(),
                std::string(operation->example).c_str());
    if (!operation->stream.row.empty()) {
      std::printf("row of a stream: %s\n", std::string(operation->stream.row).c_str());
    }
    for (const std::string_view op : operation->ops) {
      const ops::OpEntry* const entry = ops::find_op(op);
      if (entry == nullptr) continue;
      std::printf("op: %s, class: %s, backends: %s\n", std::string(op).c_str(),
                  std::string(ops::numeric_class_name(entry->info.numeric)).c_str(),
                  backends_of(*entry).c_str());
    }
    return kExitOk;
  }
  const ops::OpEntry* entry = ops::find_op(name);
  if (entry == nullptr) return fail(server::operation_unknown(name).hint("see weir op list"));
  std::printf("%s, version %u: %s\nclass: %s\nbackends: %s\nquantum: %u rows\n", name.c_str(),
              entry->info.version, std::string(entry->info.summary).c_str(),
              std::string(ops::numeric_class_name(entry->info.numeric)).c_str(),
              backends_of(*entry).c_str(), entry->info.quantum_rows);
  if (!entry->info.tolerance.empty()) {
    std::printf("tolerance: %s\n", std::string(entry->info.tolerance).c_str());
  }
  return kExitOk;
}

Status check_device(const Arguments& args) {
  const std::string where = args.text("device", "auto");
  if (where == "auto" || where == "cpu" || where == "gpu" || where == "sim") return Status::ok();
  return invalid_argument("usage", "--device is \"" + where + "\"")
      .hint("use auto, cpu, gpu or sim");
}

bool says_options(const Arguments& args) {
  return args.text("device", "auto") != "auto" || args.has("compare") || args.has("explain");
}

// Returns the "options" that the command line says.
std::string options_of(const Arguments& args) {
  const std::string where = args.text("device", "auto");
  std::string options;
  JsonWriter json(options);
  json.begin_object().key("targetDevice").string(where == "sim" ? "gpu" : where);
  json.key("compare").boolean(args.has("compare"));
  json.key("explain").boolean(args.has("explain")).end_object();
  return options;
}

// Returns the parameters with what the command line says put into their "options".
Result<std::string> with_options(const std::string& params, const Arguments& args) {
  const std::size_t end = params.rfind('}');
  const std::size_t begin = params.find('{');
  if (end == std::string::npos || begin == std::string::npos) {
    return fail(invalid_argument("json_shape", "the parameters must be a JSON object"));
  }
  if (!says_options(args)) return params;
  WEIR_ASSIGN(const auto text, server::ParamsText::parse(params));
  if (text.root().has("options")) {
    return fail(invalid_argument("usage",
                                 "--device, --compare and --explain go with parameters "
                                 "that have no \"options\""));
  }
  const std::string options = options_of(args);
  const bool empty = params.find_first_not_of(" \t\r\n", begin + 1) == end;
  return params.substr(0, end) + (empty ? "" : ",") + "\"options\":" + options + "}";
}

Result<std::string> read_params(const Arguments& args) {
  const std::string path = args.text("params");
  if (path.empty()) return std::string("{}");
  if (path != "-") return read_text_file(path);
  std::string text;
  char buffer[65536];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof(buffer), stdin)) > 0;) {
    text.append(buffer, got);
  }
  return text;
}

// Returns the first line of a stream: parameters, and the options they hold or the command line
// says.
Result<std::string> first_line(const std::string& params, const Arguments& args) {
  WEIR_ASSIGN(const auto text, server::ParamsText::parse(params));
  const auto given = text.root().find({"options"});
  if (given && says_options(args)) {
    return fail(invalid_argument("usage",
                                 "--device, --compare and --explain go with parameters "
                                 "that have no \"options\""));
  }
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("params").raw(params);
  json.key("options").raw(given ? simdjson::minify(*given) : options_of(args)).end_object();
  return line;
}

// Answers rows as they come; memory holds a chunk of them.
Result<int> run_stream(const Arguments& args, const std::string& params,
                       server::OperationService& service) {
  WEIR_ASSIGN(const std::string first, first_line(params, args));
  const std::string path = args.text("rows", "-");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      path == "-" ? nullptr : std::fopen(path.c_str(), "rb"),
      [](std::FILE* f) { return f == nullptr ? 0 : std::fclose(f); });
  if (path != "-" && file == nullptr) return fail(errno_status("open", path, errno));
  auto run = server::StreamRun::open(service, args.positional()[0], first, "cli");
  if (!run) {
    std::printf("%s\n", server::failure_json(run.error(), "cli").c_str());
    return kExitInput;
  }
  (*run)->count_rows_alone();
  std::FILE* const from = file == nullptr ? stdin : file.get();
  char buffer[65536];
  std::string out;
  for (bool ended = false; !(*run)->finished();) {
    const std::size_t got = ended ? 0 : std::fread(buffer, 1, sizeof(buffer), from);
    if (got == 0 && std::ferror(from) != 0) return fail(errno_status("read", path, errno));
    ended = got == 0;
    (*run)->push({buffer, got});
    for (bool more = true; more;) {
      more = (*run)->step(ended, out);
      std::fwrite(out.data(), 1, out.size(), stdout);
      out.clear();
    }
  }
  return (*run)->code() == Code::kOk ? kExitOk : kExitInput;
}

Result<int> run_run(const Arguments& args) {
  WEIR_TRY(one_name(args, "run NAME --params FILE"));
  WEIR_TRY(check_device(args));
  if (args.has("rows") && !args.has("stream")) {
    return fail(invalid_argument("usage", "--rows goes with --stream"));
  }
  if (args.has("stream") && args.text("params") == "-" && args.text("rows", "-") == "-") {
    return fail(invalid_argument("usage", "parameters and rows are both the standard input")
                    .hint("name a file for one of them"));
  }
  if (args.has("isa")) {
    WEIR_ASSIGN(const Isa isa, parse_isa(args.text("isa")));
    limit_isa(isa);
  }
  WEIR_ASSIGN(const std::string params, read_params(args));
  WEIR_ASSIGN(const auto config, load_configuration(args));
  WEIR_ASSIGN(device::DeviceConfig device, device_settings(*config));
  if (args.text("device") == "sim") device.backend = device::BackendChoice::kSim;
  WEIR_ASSIGN(device.sim_seed, args.u64("seed", device.sim_seed));
  WEIR_ASSIGN(const std::uint64_t threads, args.u64("threads", 0));
  WEIR_ASSIGN(
      ops::Backend backend,
      ops::open_backend(device, ops::Workers(static_cast<unsigned>(threads)), system_clock()));
  device::Budget host_memory(device.host_memory_bytes_max);
  server::OperationService service(
      *backend.context,
      {.running_max = 1, .host_memory = &host_memory, .measured = backend.measured});
  if (args.has("stream")) return run_stream(args, params, service);
  WEIR_ASSIGN(const std::string body, with_options(params, args));
  const server::OperationReply reply = service.answer(args.positional()[0], body, "cli");
  std::printf("%s\n", reply.body.c_str());
  return reply.http_status == 200 ? kExitOk : kExitInput;
}

}  // namespace

const Command kOpListCommand = {"op list", "", "the named operations and their ops", {}, run_list};
const Command kOpDescribeCommand = {
    "op describe", "NAME", "parameters, class and backends of an operation", {}, run_describe};
const Command kOpRunCommand = {"op run", "NAME", "run a named operation and print its answer",
                               kRunOptions, run_run};

}  // namespace weir::main
