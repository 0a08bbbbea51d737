#include "base/status.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.hpp"

namespace weir {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kOk:
      return "ok";
    case Code::kCancelled:
      return "cancelled";
    case Code::kInvalidArgument:
      return "invalid_argument";
    case Code::kUnauthenticated:
      return "unauthenticated";
    case Code::kPermissionDenied:
      return "permission_denied";
    case Code::kNotFound:
      return "not_found";
    case Code::kAlreadyExists:
      return "already_exists";
    case Code::kFailedPrecondition:
      return "failed_precondition";
    case Code::kAborted:
      return "aborted";
    case Code::kOutOfRange:
      return "out_of_range";
    case Code::kResourceExhausted:
      return "resource_exhausted";
    case Code::kDeadlineExceeded:
      return "deadline_exceeded";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kUnimplemented:
      return "unimplemented";
    case Code::kInternal:
      return "internal";
    case Code::kDataLoss:
      return "data_loss";
  }
  return "internal";
}

unsigned http_status(Code code) {
  switch (code) {
    case Code::kOk:
      return 200;
    case Code::kCancelled:
      return 499;
    case Code::kInvalidArgument:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kAborted:
      return 409;
    case Code::kOutOfRange:
      return 413;
    case Code::kResourceExhausted:
      return 429;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kUnavailable:
      return 503;
    case Code::kUnimplemented:
      return 501;
    case Code::kInternal:
    case Code::kDataLoss:
      return 500;
  }
  return 500;
}

Status::Status(Code code, std::string_view reason, std::string message)
    : error_(std::make_shared<Error>()) {
  CHECK(code != Code::kOk);
  error_->code = code;
  error_->reason = reason;
  error_->message = std::move(message);
}

const Status::Error& Status::error() const {
  CHECK(error_ != nullptr);
  return *error_;
}

// A Status is shared between copies; the builders below copy before they write.
Status::Error& Status::mutable_error() {
  CHECK(error_ != nullptr);
  if (error_.use_count() > 1) error_ = std::make_shared<Error>(*error_);
  return *error_;
}

Status&& Status::at(std::string_view field) && {
  mutable_error().field = field;
  return std::move(*this);
}

Status&& Status::at_line(std::uint64_t line, std::uint32_t column) && {
  mutable_error().line = line;
  mutable_error().column = column;
  return std::move(*this);
}

Status&& Status::hint(std::string text) && {
  mutable_error().hint = std::move(text);
  return std::move(*this);
}

std::string Status::to_string() const {
  if (is_ok()) return "ok";
  std::string text{code_name(error_->code)};
  text += " (" + error_->reason + "): " + error_->message;
  std::string where;
  const auto add = [&where](const std::string& part) {
    where += (where.empty() ? "" : ", ") + part;
  };
  if (error_->line != 0) add("line " + std::to_string(error_->line));
  if (error_->column != 0) add("column " + std::to_string(error_->column));
  if (!error_->field.empty()) add("field " + error_->field);
  if (!where.empty()) text += " [" + where + "]";
  if (!error_->hint.empty()) text += "; " + error_->hint;
  return text;
}

Status invalid_argument(std::string_view reason, std::string message) {
  return {Code::kInvalidArgument, reason, std::move(message)};
}
Status not_found(std::string_view reason, std::string message) {
  return {Code::kNotFound, reason, std::move(message)};
}
Status already_exists(std::string_view reason, std::string message) {
  return {Code::kAlreadyExists, reason, std::move(message)};
}
Status failed_precondition(std::string_view reason, std::string message) {
  return {Code::kFailedPrecondition, reason, std::move(message)};
}
Status out_of_range(std::string_view reason, std::string message) {
  return {Code::kOutOfRange, reason, std::move(message)};
}
Status resource_exhausted(std::string_view reason, std::string message) {
  return {Code::kResourceExhausted, reason, std::move(message)};
}
Status unavailable(std::string_view reason, std::string message) {
  return {Code::kUnavailable, reason, std::move(message)};
}
Status internal_error(std::string_view reason, std::string message) {
  return {Code::kInternal, reason, std::move(message)};
}
Status data_loss(std::string_view reason, std::string message) {
  return {Code::kDataLoss, reason, std::move(message)};
}

Status errno_status(std::string_view what, std::string_view subject, int error_number) {
  const Code code = error_number == ENOENT                             ? Code::kNotFound
                    : error_number == EACCES || error_number == EPERM  ? Code::kPermissionDenied
                    : error_number == EEXIST                           ? Code::kAlreadyExists
                    : error_number == ENOSPC || error_number == EDQUOT ? Code::kResourceExhausted
                    : error_number == EADDRINUSE                       ? Code::kFailedPrecondition
                                                                       : Code::kUnavailable;
  std::string message{what};
  message += " ";
  message += subject;
  message += ": ";
  message += std::error_code(error_number, std::generic_category()).message();
  return {code, error_number == ENOSPC ? "disk_full" : "io", std::move(message)};
}

}  // namespace weir
