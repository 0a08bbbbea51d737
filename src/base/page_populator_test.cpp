#include "base/page_populator.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/paged.hpp"

namespace weir {
namespace {

std::size_t resident_pages(const PagedArray<std::uint64_t>& array) {
  const std::size_t pages = array.size() * 8 / 4096;
  std::vector<unsigned char> in(pages);
  EXPECT_EQ(mincore(const_cast<std::uint64_t*>(array.data()), pages * 4096, in.data()), 0);
  return static_cast<std::size_t>(
      std::count_if(in.begin(), in.end(), [](unsigned char page) { return (page & 1) != 0; }));
}

TEST(PagePopulator, MakesPagesResidentAndLeavesTheirContents) {
  constexpr std::size_t kWords = 3 << 16;  // 1.5 MiB
  PagedArray<std::uint64_t> array(kWords);
  EXPECT_EQ(resident_pages(array), 0U);
  array[kWords / 2] = 7;
  PagePopulator ahead;
  std::size_t pages = 0;
  for (int tries = 0; tries < 100'000 && pages < kWords * 8 / 4096; ++tries) {
    ahead.want(array.data(), kWords * 8);
    std::this_thread::yield();
    pages = resident_pages(array);
  }
  if (pages <= 1) GTEST_SKIP() << "this kernel populates no pages on request";
  EXPECT_EQ(pages, kWords * 8 / 4096);
  EXPECT_EQ(array[kWords / 2], 7U);
  EXPECT_EQ(array[0], 0U);
}

TEST(PagePopulator, SkipsWhatIsGone) {
  PagePopulator ahead;
  for (int i = 0; i < 1000; ++i) {
    const PagedArray<std::uint64_t> array(1 << 12);
    ahead.want(array.data(), array.size() * 8);
  }
}

TEST(PagePopulator, NeverHoldsUpAForkedChild) {
  PagePopulator ahead;
  PagedArray<std::uint64_t> array(1 << 16);
  for (int i = 0; i < 20; ++i) {
    ahead.want(array.data(), array.size() * 8);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ahead.want(array.data(), array.size() * 8);
      array[1] = 1;
      _exit(0);
    }
    int state = 0;
    ASSERT_EQ(waitpid(child, &state, 0), child);
    EXPECT_TRUE(WIFEXITED(state));
  }
}

}  // namespace
}  // namespace weir
