// The route table: a line for each file of this folder.
#include <vector>

#include "server/app/route.hpp"

#define WEIR_ROUTE_FILES(X) \
  X(decisions)              \
  X(events)                 \
  X(imports)                \
  X(labels)                 \
  X(rules)                  \
  X(lists)                  \
  X(replays)                \
  X(blocks)                 \
  X(live)                   \
  X(operations)             \
  X(device)                 \
  X(catalogue)              \
  X(config)                 \
  X(keys)                   \
  X(session)                \
  X(health)                 \
  X(ui)

namespace weir::server {

#define WEIR_DECLARE(name) std::span<const Route> name##_routes();
WEIR_ROUTE_FILES(WEIR_DECLARE)
#undef WEIR_DECLARE

std::span<const Route> route_table() {
  static const std::vector<Route> kTable = [] {
    std::vector<Route> table;
    const auto append = [&table](std::span<const Route> rows) {
      table.insert(table.end(), rows.begin(), rows.end());
    };
#define WEIR_APPEND(name) append(name##_routes());
    WEIR_ROUTE_FILES(WEIR_APPEND)
#undef WEIR_APPEND
    return table;
  }();
  return kTable;
}

}  // namespace weir::server
