// Status: what went wrong, in a form that a program can branch on and a person can act on.
//
//   Status parse(std::string_view text) {
//     if (text.empty())
//       return invalid_argument("field_missing", "amount is empty")
//           .at("amount").hint("write 12.50");
//     return Status::ok();
//   }
//
// `code` is canonical and small, `reason` is a stable snake_case word for machines, `message` names
// the offending value for people. Success costs one null pointer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

enum class Code : std::uint8_t {
  kOk,
  kCancelled,
  kInvalidArgument,
  kUnauthenticated,
  kPermissionDenied,
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,
  kAborted,
  kOutOfRange,  // too large: a body, a line, an array
  kResourceExhausted,
  kDeadlineExceeded,
  kUnavailable,
  kUnimplemented,
  kInternal,
  kDataLoss,
};

// Returns the canonical name: "invalid_argument", ...
std::string_view code_name(Code code);

// Returns the HTTP status that the native API answers for a code.
unsigned http_status(Code code);

class [[nodiscard]] Status {
 public:
  struct Error {
    Code code = Code::kInternal;
    std::string reason;
    std::string message;
    std::string field;         // the member, column or key at fault, or empty
    std::string hint;          // what to do about it, or empty
    std::uint64_t line = 0;    // physical line from 1, or 0
    std::uint32_t column = 0;  // column from 1, or 0
  };

  Status() = default;
  Status(Code code, std::string_view reason, std::string message);
  static Status ok() { return {}; }

  bool is_ok() const { return error_ == nullptr; }
  explicit operator bool() const { return is_ok(); }
  Code code() const { return error_ ? error_->code : Code::kOk; }
  const std::string& reason() const { return error().reason; }
  const std::string& message() const { return error().message; }
  const Error& error() const;

  Status&& at(std::string_view field) &&;
  Status&& at_line(std::uint64_t line, std::uint32_t column = 0) &&;
  Status&& hint(std::string text) &&;

  // Formats "invalid_argument (number_format): ... [line 17, column 3, field amount]; hint".
  std::string to_string() const;

 private:
  Error& mutable_error();
  std::shared_ptr<Error> error_;
};

Status invalid_argument(std::string_view reason, std::string message);
Status not_found(std::string_view reason, std::string message);
Status already_exists(std::string_view reason, std::string message);
Status failed_precondition(std::string_view reason, std::string message);
Status out_of_range(std::string_view reason, std::string message);
Status resource_exhausted(std::string_view reason, std::string message);
Status unavailable(std::string_view reason, std::string message);
Status internal_error(std::string_view reason, std::string message);
Status data_loss(std::string_view reason, std::string message);

// Builds a Status from errno: "open /x/y: No such file or directory".
Status errno_status(std::string_view what, std::string_view subject, int error_number);

}  // namespace weir
