#include "wire/dictionary.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>

#include "base/rng.hpp"

namespace weir::wire {
namespace {

TEST(Dictionary, CountsFromOneInEachNamespace) {
  Dictionary dictionary;
  EXPECT_EQ(dictionary.find(0, "a"), 0U);
  EXPECT_EQ(dictionary.add(0, "a").value(), 1U);
  EXPECT_EQ(dictionary.add(0, "b").value(), 2U);
  EXPECT_EQ(dictionary.add(4, "b").value(), 1U);
  EXPECT_EQ(dictionary.add(0, "a").value(), 1U);
  EXPECT_EQ(dictionary.find(0, "b"), 2U);
  EXPECT_EQ(dictionary.text(4, 1), "b");
  EXPECT_EQ(dictionary.text(4, 2), "");
  EXPECT_EQ(dictionary.text(0, 0), "");
  EXPECT_EQ(dictionary.count(0), 2U);
  EXPECT_EQ(dictionary.size(), 3U);
}

TEST(Dictionary, AgreesWithAMapOnRandomTexts) {
  Philox rng(3, 1);
  Dictionary dictionary;
  std::map<std::pair<std::uint8_t, std::string>, std::uint64_t> oracle;
  std::map<std::uint8_t, std::uint64_t> counts;
  for (int i = 0; i < 60'000; ++i) {
    const auto space = static_cast<std::uint8_t>(rng.next_below(kNamespaces));
    std::string text(1 + rng.next_below(i % 100 == 0 ? 512 : 6), 'x');
    for (char& c : text) c = static_cast<char>('a' + rng.next_below(6));
    auto [at, fresh] = oracle.try_emplace({space, text}, 0);
    if (fresh) at->second = ++counts[space];
    ASSERT_EQ(dictionary.add(space, text).value(), at->second);
  }
  ASSERT_EQ(dictionary.size(), oracle.size());
  for (const auto& [key, value] : oracle) {
    ASSERT_EQ(dictionary.find(key.first, key.second), value);
    ASSERT_EQ(dictionary.text(key.first, value), key.second);
  }
}

TEST(Dictionary, RefusesWhatItCannotHold) {
  Dictionary dictionary(2);
  EXPECT_EQ(dictionary.add(0, "").error().reason(), "encoding");
  EXPECT_EQ(dictionary.add(0, std::string(513, 'x')).error().reason(), "encoding");
  EXPECT_EQ(dictionary.add(0, "\xff").error().reason(), "encoding");
  EXPECT_TRUE(dictionary.add(0, std::string(512, 'x')).has_value());
  EXPECT_TRUE(dictionary.add(0, "b").has_value());
  EXPECT_EQ(dictionary.add(0, "c").error().reason(), "dictionary_full");
  EXPECT_TRUE(dictionary.add(0, "b").has_value());
}

TEST(Dictionary, LimitsAssetsToTheirSixteenBits) {
  Dictionary dictionary;
  const auto asset = static_cast<std::uint8_t>(Namespace::kAsset);
  for (std::uint64_t i = 0; i < namespace_entries_max(asset); ++i)
    ASSERT_TRUE(dictionary.add(asset, std::to_string(i)).has_value());
  EXPECT_EQ(dictionary.add(asset, "one more").error().reason(), "dictionary_full");
}

TEST(Dictionary, RestoresFromSeveralWrites) {
  Dictionary first;
  for (int i = 0; i < 30'000; ++i)
    ASSERT_TRUE(first.add(static_cast<std::uint8_t>(i % 3), "name-" + std::to_string(i)));
  ByteWriter early;
  first.write(0, early);
  const Dictionary::Mark mark = first.mark();
  ASSERT_TRUE(first.add(9, "late"));
  ByteWriter late;
  first.write(mark, late);

  Dictionary second;
  ByteReader in_early(early.bytes());
  ByteReader in_late(late.bytes());
  ASSERT_TRUE(second.read(in_early).is_ok());
  ASSERT_TRUE(second.read(in_late).is_ok());
  EXPECT_EQ(second.size(), first.size());
  EXPECT_EQ(second.mark(), first.mark());
  EXPECT_EQ(second.text(2, 10'000), first.text(2, 10'000));
  EXPECT_EQ(second.find(9, "late"), 1U);

  Dictionary third;
  ByteReader out_of_order(late.bytes());
  EXPECT_TRUE(third.read(out_of_order).is_ok());  // the only one of its namespace
  ByteReader again(early.bytes());
  EXPECT_TRUE(third.read(again).is_ok());
}

TEST(Dictionary, NamesWhatIsWrongWithItsBytes) {
  Dictionary source;
  ASSERT_TRUE(source.add(0, "a"));
  ASSERT_TRUE(source.add(0, "b"));
  ByteWriter out;
  source.write(0, out);
  for (std::size_t cut = 0; cut < out.bytes().size(); ++cut) {
    Dictionary target;
    ByteReader in(out.bytes().first(cut));
    EXPECT_EQ(target.read(in).reason(), "dictionary_cut") << cut;
  }
  Dictionary other;
  ASSERT_TRUE(other.add(0, "z"));
  ByteReader in(out.bytes());
  EXPECT_EQ(other.read(in).reason(), "dictionary_mismatch");
}

TEST(Dictionary, IsReadWhileItGrows) {
  Dictionary dictionary;
  constexpr std::uint64_t kTexts = 50'000;
  std::atomic<bool> wrong{false};
  std::thread reader([&] {
    std::uint64_t seen = 0;
    while (seen < kTexts) {
      seen = dictionary.count(0);
      if (seen == 0) continue;
      const std::string_view text = dictionary.text(0, seen);
      if (text != std::to_string(seen)) wrong = true;
      const std::string early = std::to_string(seen / 2 + 1);
      if (seen > 2 && dictionary.find(0, early) != seen / 2 + 1) wrong = true;
    }
  });
  for (std::uint64_t i = 1; i <= kTexts; ++i) EXPECT_EQ(dictionary.add(0, std::to_string(i)), i);
  reader.join();
  EXPECT_FALSE(wrong);
}

}  // namespace
}  // namespace weir::wire
