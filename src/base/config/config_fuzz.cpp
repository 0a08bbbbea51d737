// Any bytes as a configuration file: no crash, problems or a configuration but never both, and
// what loads prints as a file that loads to the same values.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "base/config/render.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::ConfigInputs inputs;
  inputs.file_path = "fuzz.toml";
  inputs.file_text = std::string(reinterpret_cast<const char*>(data), size);
  inputs.check_secret_files = false;
  const weir::ConfigLoad load = weir::load_config(inputs);
  CHECK_EQ(load.config == nullptr, !load.problems.empty());
  for (const weir::ConfigProblem& problem : load.problems) CHECK(!problem.to_string().empty());
  if (load.config == nullptr) return 0;
  inputs.file_text = weir::print_config(*load.config, {});
  const weir::ConfigLoad again = weir::load_config(inputs);
  CHECK(again.config != nullptr);
  CHECK(weir::config_changes(*load.config, *again.config).empty());
  return 0;
}
