#include "ops/table/table_suites.hpp"

#include "ops/filter/compact/compact_parity.hpp"
#include "ops/group/assign/group_assign_parity.hpp"
#include "ops/group/sum/group_sum_parity.hpp"
#include "ops/join/match/join_match_parity.hpp"
#include "ops/sort/argsort/argsort_parity.hpp"
#include "ops/sort/keys/sort_keys_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> table_suites() {
  return {suite_of<Compact>(),     suite_of<Argsort>(),  suite_of<SortKeys>(),
          suite_of<GroupAssign>(), suite_of<GroupSum>(), suite_of<JoinMatch>()};
}

}  // namespace weir::ops::parity
