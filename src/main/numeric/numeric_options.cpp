#include "main/numeric/numeric_options.hpp"

#include <algorithm>
#include <thread>

#include "base/clock.hpp"
#include "base/isa.hpp"

namespace weir::main {

Result<std::unique_ptr<ops::Context>> numeric_context(const Arguments& args, unsigned threads) {
  if (args.has("isa")) {
    WEIR_ASSIGN(const Isa isa, parse_isa(args.text("isa")));
    limit_isa(isa);
  }
  const unsigned usual = threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
  WEIR_ASSIGN(const std::uint64_t asked, args.u64("threads", usual));
  if (asked < 1 || asked > 1024) {
    return fail(invalid_argument("usage", "--threads takes 1 to 1024"));
  }
  return std::make_unique<ops::Context>(ops::Workers(static_cast<unsigned>(asked)), system_clock());
}

bool is_raw_file(const std::string& path) {
  return path.ends_with(".f64");
}

}  // namespace weir::main
