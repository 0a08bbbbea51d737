#include "wire/reject.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace weir::wire {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(FileRejects, WritesBesideTheFileUnlessThatFails) {
  const RejectReport problem{2, "amount", Refusal::kNumberFormat, "x", "not a number"};
  const std::filesystem::path dir =
      std::filesystem::path(testing::TempDir()) / "file_rejects_fallback";
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  const std::string beside = (dir / "a.csv.rejected").string();
  const std::string elsewhere = (dir / "b.csv.rejected").string();
  {
    FileRejects rejects(beside, elsewhere);
    rejects.reject(problem, as_bytes(std::string_view("x\n")));
    EXPECT_EQ(rejects.path(), beside);
    EXPECT_TRUE(rejects.ok());
  }
  EXPECT_EQ(bytes_of(beside), "x\n");
  EXPECT_FALSE(std::filesystem::exists(elsewhere));
  {
    FileRejects rejects((dir / "missing" / "b.csv.rejected").string(), elsewhere);
    rejects.reject(problem, as_bytes(std::string_view("y\n")));
    rejects.continue_line(as_bytes(std::string_view("z\n")));
    EXPECT_EQ(rejects.path(), elsewhere);
    EXPECT_TRUE(rejects.ok());
    EXPECT_EQ(rejects.count(), 1U);
  }
  EXPECT_EQ(bytes_of(elsewhere), "y\nz\n");
  FileRejects nowhere((dir / "missing" / "c").string());
  nowhere.reject(problem, as_bytes(std::string_view("y\n")));
  EXPECT_FALSE(nowhere.ok());
}

}  // namespace
}  // namespace weir::wire
