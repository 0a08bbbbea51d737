#include "base/status.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>

namespace weir {
namespace {

TEST(Status, IsOkByDefault) {
  const Status status;
  EXPECT_TRUE(status.is_ok());
  EXPECT_TRUE(static_cast<bool>(status));
  EXPECT_EQ(status.code(), Code::kOk);
  EXPECT_EQ(status.to_string(), "ok");
}

TEST(Status, SaysWhatWhereAndWhatToDo) {
  const Status status = invalid_argument("number_format", "\"12,3,4\" is no number")
                            .at("amount")
                            .at_line(17, 3)
                            .hint("write 12.50");
  EXPECT_FALSE(status.is_ok());
  EXPECT_EQ(status.reason(), "number_format");
  EXPECT_EQ(status.to_string(),
            "invalid_argument (number_format): \"12,3,4\" is no number [line 17, column 3, field "
            "amount]; "
            "write 12.50");
}

TEST(Status, DoesNotChangeItsCopies) {
  const Status first = not_found("id", "no such id");
  Status copy = first;
  const Status changed = std::move(copy).at("event");
  EXPECT_EQ(first.error().field, "");
  EXPECT_EQ(changed.error().field, "event");
}

TEST(Status, HasANameAndAnHttpStatusForEveryCode) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Code::kDataLoss); ++i) {
    const auto code = static_cast<Code>(i);
    EXPECT_TRUE(names.insert(code_name(code)).second);
    EXPECT_EQ(http_status(code) < 400, code == Code::kOk);
  }
  EXPECT_EQ(http_status(Code::kResourceExhausted), 429U);
  EXPECT_EQ(http_status(Code::kUnavailable), 503U);
}

TEST(Status, ComesFromErrno) {
  const Status status = errno_status("open", "/x/y", ENOENT);
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.message(), "open /x/y: No such file or directory");
  EXPECT_EQ(errno_status("write", "f", ENOSPC).reason(), "disk_full");
  EXPECT_EQ(errno_status("write", "f", ENOSPC).code(), Code::kResourceExhausted);
  EXPECT_EQ(errno_status("open", "f", EACCES).code(), Code::kPermissionDenied);
  EXPECT_EQ(errno_status("sync", "f", EIO).code(), Code::kUnavailable);
}

TEST(StatusDeath, ChecksThatAFailureIsNotOk) {
  EXPECT_DEATH(Status(Code::kOk, "x", "y"), "CHECK failed");
  EXPECT_DEATH(static_cast<void>(Status().reason()), "CHECK failed");
}

}  // namespace
}  // namespace weir
