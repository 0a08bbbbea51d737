// JSON events: one object, an array of objects, or one object a line, into an EventBatch.
//
//   NdjsonReader reader({.ids = TextIds(&dictionary, nullptr)});
//   std::vector<JsonItemError> errors;
//   WEIR_TRY(reader.read(body, batch, errors));      // body: {"id":"t-1", ...}\n{"id": ...
//
//   {"id":"t-1","time":"2026-11-21T04:00:00Z","type":"transfer","amount":531.81,"currency":"USD",
//    "fee":0,"nonce":7,"debtor":{"account":"a-1","name":"A Grant","country":"DE"},"creditor":"a-7",
//    "merchant":{"id":"m-4","mcc":"5411"},"card":"tok_8","device":{"id":"d-2","ip":"203.0.113.9"},
//    "channel":"web","memo":"text","attrs":{}}
//
// A party is its account, else its id (a customer, or what "kind" says, as in "kind":"terminal"),
// else a bare text or number (an account); without a debtor the card pays, without a creditor the
// merchant is paid. Members nobody knows become attributes, those of a party as "debtor.NAME";
// attributes may nest 8 deep. A bad item is reported and left out; the others are read. Nothing of
// a bad item stays in the batch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "wire/batch.hpp"
#include "wire/text_id.hpp"
#include "wire/verdict.hpp"

namespace weir::wire {

inline constexpr std::size_t kJsonLineMax = std::size_t{1} << 20;
inline constexpr unsigned kAttrsDepthMax = 8;

struct JsonItemError {
  std::uint64_t index = 0;  // of the item, from 0; refused ones count too
  std::uint64_t line = 0;   // physical line from 1
  Refusal code{};
  std::string event_id;  // if it stood before what is wrong, else empty
  std::string field;
  std::string message;
};

struct NdjsonOptions {
  TextIds ids{};
  std::uint16_t currency =
      kUnknownCurrency;  // where the item names none; exponent 2 for the unknown one
  // An item without id gets event_key(id_prefix + "#" + index); empty: field_missing.
  std::string id_prefix{};
  std::size_t items_max = kBatchEventsMax;  // more: out_of_range
};

class NdjsonReader {
 public:
  explicit NdjsonReader(NdjsonOptions options);
  ~NdjsonReader();
  NdjsonReader(NdjsonReader&&) noexcept;
  NdjsonReader& operator=(NdjsonReader&&) noexcept;

  // Appends the events of `text` to the batch and its problems to `errors`. The text is one object,
  // one array, or objects on lines of their own. Errors of the whole: invalid_argument/json_shape
  // (an array that is broken between its items), out_of_range/too_many_items. Allocates only to
  // grow.
  Status read(std::string_view text, EventBatch& batch, std::vector<JsonItemError>& errors);
  // Appends the event of one object; returns false and fills `error` (all but index and line) if
  // refused.
  bool read_one(std::string_view object, std::uint64_t index, EventBatch& batch,
                JsonItemError& error);

 private:
  struct State;
  Status take(std::string_view text, std::size_t behind, std::uint64_t line, std::uint64_t& index,
              EventBatch& batch, std::vector<JsonItemError>& errors);
  Status read_array(std::string_view text, EventBatch& batch, std::vector<JsonItemError>& errors);
  std::unique_ptr<State> state_;
};

}  // namespace weir::wire
