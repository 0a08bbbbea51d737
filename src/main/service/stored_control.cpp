#include "main/service/stored_control.hpp"

#include <string>

namespace weir::main {
namespace {

std::uint32_t version_of(const ledger::BlockHeader& header, ledger::ControlType type) {
  switch (type) {
    case ledger::ControlType::kRules:
      return header.rules_version;
    case ledger::ControlType::kModels:
      return header.models_version;
    case ledger::ControlType::kLists:
      return header.lists_version;
    default:
      return header.config_version;
  }
}

Status version_unknown(ledger::ControlType type, std::uint32_t version) {
  return not_found("version_unknown", "the log holds no version " + std::to_string(version) +
                                          " of " + std::string(ledger::control_type_name(type)));
}

}  // namespace

// Versions only rise from block to block, and a record rides in the first block that it holds for.
Result<std::vector<std::uint8_t>> find_control(const ledger::BlockLog& log,
                                               ledger::ControlType type, std::uint32_t version) {
  ledger::Block block;
  ledger::Height low = log.first_height();
  const ledger::Height end = log.durable_height() + 1;
  ledger::Height high = end;
  while (low < high) {
    const ledger::Height middle = low + (high - low) / 2;
    WEIR_TRY(log.read(middle, block));
    if (version_of(block.view().header(), type) < version) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (version == 0 || low == end) return fail(version_unknown(type, version));
  WEIR_TRY(log.read(low, block));
  ledger::ControlReader in(block.view().control());
  while (const auto record = in.next()) {
    if (record->type != type) continue;
    ByteReader payload(record->payload);
    if (payload.u32() != version || !payload.ok()) continue;
    return std::vector<std::uint8_t>(record->payload.begin(), record->payload.end());
  }
  return fail(version_unknown(type, version));
}

}  // namespace weir::main
