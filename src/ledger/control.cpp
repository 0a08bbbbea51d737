#include "ledger/control.hpp"

#include <algorithm>

namespace weir::ledger {

std::string_view control_type_name(ControlType type) {
  switch (type) {
    case ControlType::kDictionary:
      return "dictionary";
    case ControlType::kRules:
      return "rules";
    case ControlType::kLists:
      return "lists";
    case ControlType::kLabel:
      return "label";
    case ControlType::kRelease:
      return "release";
    case ControlType::kQuarantine:
      return "quarantine";
    case ControlType::kConfig:
      return "config";
    case ControlType::kModels:
      return "models";
    case ControlType::kSnapshot:
      return "snapshot";
    case ControlType::kValidators:
      return "validators";
    case ControlType::kEvidence:
      return "evidence";
    case ControlType::kCheckpoint:
      return "checkpoint";
    case ControlType::kDetectorsUnavailable:
      return "detectors_unavailable";
    case ControlType::kAccount:
      return "account";
    case ControlType::kRuleHits:
      return "rule_hits";
  }
  return "unknown";
}

void ControlWriter::add(ControlType type, Bytes payload, std::uint16_t flags) {
  const std::size_t at = bytes_.size();
  bytes_.resize(at + kControlHeadBytes + align_up(payload.size(), 8));
  store(bytes_.data() + at, static_cast<std::uint16_t>(type));
  store(bytes_.data() + at + 2, flags);
  store(bytes_.data() + at + 4, static_cast<std::uint32_t>(payload.size()));
  std::copy(payload.begin(), payload.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(at + kControlHeadBytes));
  ++count_;
}

void ControlWriter::clear() {
  bytes_.clear();
  count_ = 0;
}

std::optional<ControlRecord> ControlReader::next() {
  if (!ok_ || rest_.empty()) return std::nullopt;
  ok_ = false;
  if (rest_.size() < kControlHeadBytes) return std::nullopt;
  const auto type = load<std::uint16_t>(rest_.data());
  const auto flags = load<std::uint16_t>(rest_.data() + 2);
  const std::size_t size = load<std::uint32_t>(rest_.data() + 4);
  const std::size_t padded = align_up(size, 8);
  if (type == 0 || padded > rest_.size() - kControlHeadBytes) return std::nullopt;
  const Bytes padding = rest_.subspan(kControlHeadBytes + size, padded - size);
  if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t b) { return b != 0; }))
    return std::nullopt;
  ok_ = true;
  const Bytes payload = rest_.subspan(kControlHeadBytes, size);
  rest_ = rest_.subspan(kControlHeadBytes + padded);
  return ControlRecord{static_cast<ControlType>(type), flags, payload};
}

}  // namespace weir::ledger
