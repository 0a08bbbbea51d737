// JsonEventReader: one JSON object into one event. Keeps its parser and scratch from object to
// object, so that a warm reader allocates nothing but attributes.
//
//   JsonEventReader reader(options);
//   if (!reader.read(text, bytes_behind, index, batch)) use(reader.problem());
#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/ndjson.hpp"

namespace weir::wire {

// The members an event knows; each may stand once.
enum class JsonMember : std::uint8_t {
  kId,
  kTime,
  kType,
  kAmount,
  kCurrency,
  kExponent,
  kFee,
  kNonce,
  kDebtor,
  kCreditor,
  kMerchant,
  kCard,
  kDevice,
  kIp,
  kChannel,
  kCategory,
  kMemo,
  kAttrs,
  kRef,
  kFlags,
  kUetr,
  kNone,
};
inline constexpr std::size_t kJsonMembers = 21;

class JsonEventReader {
 public:
  explicit JsonEventReader(NdjsonOptions options) : options_(std::move(options)) {}

  // Appends the event of one object, which is item `index`. `behind`: bytes that may be read behind
  // the text; few cost a copy. On false the batch is as before and problem() says why.
  bool read(std::string_view text, std::size_t behind, std::uint64_t index, EventBatch& batch);
  const JsonItemError& problem() const { return problem_; }
  const NdjsonOptions& options() const { return options_; }

 private:
  using Value = simdjson::ondemand::value;

  // A scalar as it was written: texts unescaped, numbers as their characters.
  struct Scalar {
    enum Kind : std::uint8_t { kAbsent, kNull, kText, kNumber, kOther } kind = kAbsent;
    std::string_view text;
    bool given() const { return kind == kText || kind == kNumber; }
  };
  struct Party {
    Scalar bare;  // "a-1" or 17
    Scalar account;
    Scalar id;
    Scalar name;
    Scalar country;
    Scalar mcc;   // merchants
    Scalar ip;    // devices
    Scalar kind;  // of the id
  };

  bool read_document(std::string_view text, std::size_t behind, std::uint64_t index,
                     EventBatch& batch);
  bool read_member(std::string_view name, Value value);
  bool read_known(JsonMember member, Value value);
  bool read_scalar(std::string_view name, Value value, Scalar& out);
  bool read_party(std::string_view name, Value value, Party& out);
  bool read_unknown(std::string_view name, Value value);
  bool read_attrs(Value value);
  bool value_text(std::string_view name, Value value, unsigned depth_max, std::string_view& out);
  bool build(std::uint64_t index, EventBatch& batch);
  bool build_numbers(EventBatch& batch, std::uint32_t row);
  bool build_amount(const Scalar& scalar, std::string_view name, std::int64_t& units);
  bool build_parties(EventBatch& batch, std::uint32_t row);
  bool build_small(EventBatch& batch, std::uint32_t row);
  bool build_side(EventBatch& batch, std::uint64_t index);
  bool build_flags();
  bool entity(EventBatch& batch, std::string_view name, EntityKind kind, const Scalar& scalar,
              std::uint64_t& word);
  bool party(EventBatch& batch, std::string_view name, const Party& from, std::uint64_t& word);
  // Makes the problem "FIELD 'VALUE' MESSAGE"; returns false.
  bool refuse(Refusal code, std::string_view field, std::string_view message,
              std::string_view value = {});

  NdjsonOptions options_;
  simdjson::ondemand::parser parser_;
  std::string padded_;  // the text behind which the parser may look
  JsonItemError problem_;

  std::array<Scalar, kJsonMembers> scalars_;
  Party debtor_, creditor_, merchant_, device_;
  std::uint32_t seen_ = 0;
  std::string attrs_;                    // members of the attributes, without braces
  std::vector<std::string> attr_names_;  // of this item
  Event event_{};
  const Scalar& at(JsonMember member) const { return scalars_[static_cast<std::size_t>(member)]; }
};

}  // namespace weir::wire
