// OperationStream: an operation whose rows come one by one, in any number: it answers them chunk by
// chunk and holds no more than a chunk, or what its result cannot do without.
//
//   class HashStream final : public OperationStream { ... };
//   Result<std::unique_ptr<OperationStream>> open(OperationCall& call, const StreamLimits&) {
//     return std::unique_ptr<OperationStream>(std::make_unique<HashStream>(call));
//   }
//   const Operation kHashBatch = {..., run, {"an item: a base64 text", open}};
//
// Where a chunk ends is never seen in the results: a stream cuts at the quantum of its ops, and all
// chunks together are what the plain call answers, bit for bit.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "base/result.hpp"

namespace weir::server {

struct OperationCall;

struct StreamLimits {
  std::size_t chunk_rows = 65'536;          // that are answered together, if not sooner by bytes:
  std::size_t chunk_bytes = 1 << 20;        // of rows held, or of what they become
  std::size_t line_bytes_max = 8 << 20;     // of a row
  std::size_t params_bytes_max = 64 << 20;  // of the first line
  std::size_t held_bytes_max = 64 << 20;    // of what needs all rows at once
};

// One thread at a time.
class OperationStream {
 public:
  virtual ~OperationStream() = default;
  // Takes the value of a line. invalid_argument says what is wrong with it.
  virtual Status take(simdjson::dom::element line) = 0;
  // How many of the rows taken chunk() would answer now.
  virtual std::size_t rows_ready() const = 0;
  // Bytes of the rows taken and not answered, or of their answers where those are more.
  virtual std::size_t held_bytes() const = 0;
  // Bytes of what is kept beside them to the end.
  virtual std::size_t kept_bytes() const { return 0; }
  // Runs the ops over the rows that are ready, with `last` over all that are left. Writes one JSON
  // value about them, or nothing where there were none. Returns how many rows it was. With
  // options.explain it only plans.
  virtual Result<std::size_t> chunk(bool last, JsonWriter& result) = 0;
  // Writes the result of the whole, after the last chunk.
  virtual Status finish(JsonWriter& result) = 0;
};

// The streaming form of an operation.
struct StreamForm {
  std::string_view row = {};  // what a line is; empty: there is no such form
  Result<std::unique_ptr<OperationStream>> (*open)(OperationCall& call,
                                                   const StreamLimits& limits) = nullptr;
};

// The error of an option that a stream does not have.
inline Status not_streamed(std::string_view field, std::string message) {
  return invalid_argument("unsupported", std::move(message))
      .at(field)
      .hint("send the rows in one request to the plain route");
}

// The error of a stream that would have to hold more than it may.
inline Status held_too_much(std::string_view what, std::size_t held_bytes_max) {
  return resource_exhausted("held_bytes_max", std::string(what) + " needs all rows at once, and " +
                                                  std::to_string(held_bytes_max) +
                                                  " bytes do not hold them")
      .hint("send fewer rows, or do without " + std::string(what));
}

}  // namespace weir::server
