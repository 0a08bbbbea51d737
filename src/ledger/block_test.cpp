#include "ledger/block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "ledger/bit_flip.hpp"
#include "ledger/control.hpp"
#include "ledger/fixture.hpp"
#include "ops/hash/merkle.hpp"

namespace weir::ledger {
namespace {

SealedBlock sealed(std::size_t count, FeatureRowsMode mode, std::uint64_t seed = 1) {
  const fixture::Batch batch = fixture::batch(count, seed);
  BlockBuilder builder;
  return seal_block(builder, {}, fixture::meta(5, 100), batch.content(mode),
                    {sha256(as_bytes("parent")), 4, 9});
}

TEST(Block, GivesBackWhatWasPutIn) {
  for (const std::size_t count : {0u, 1u, 31u, 32u, 33u, 65u, 1000u}) {
    for (const FeatureRowsMode mode :
         {FeatureRowsMode::kNone, FeatureRowsMode::kAll, FeatureRowsMode::kSampled}) {
      const fixture::Batch batch = fixture::batch(count, 3);
      BlockBuilder builder;
      const SealedBlock block =
          seal_block(builder, {}, fixture::meta(5, 100), batch.content(mode), {sha256({}), 4, 9});
      ASSERT_EQ(block.record.size() % 4096, 0U);
      const Result<BlockView> view = BlockView::parse(block.record.bytes());
      ASSERT_TRUE(view) << view.error().to_string();
      EXPECT_FALSE(inspect_block(block.record.bytes()));
      EXPECT_EQ(block_record_bytes(block.record.bytes().first(4096)), block.record.size());
      EXPECT_EQ(view->hash(), block.hash);
      ASSERT_EQ(view->events().size(), count);
      EXPECT_TRUE(std::equal(
          view->events().begin(), view->events().end(), batch.events.begin(),
          [](const auto& a, const auto& b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }));
      EXPECT_TRUE(std::ranges::equal(view->order(), batch.order));
      EXPECT_TRUE(std::ranges::equal(view->side(), batch.side));
      EXPECT_TRUE(std::ranges::equal(view->control(), batch.control.bytes()));
      const FeatureRowsView features = view->features();
      ASSERT_TRUE(features.ok());
      EXPECT_EQ(features.mode(), mode);
      for (std::size_t r = 0; r < features.rows(); ++r) {
        const std::uint32_t row = features.block_row(r);
        EXPECT_TRUE(mode == FeatureRowsMode::kAll ||
                    keeps_feature_row(batch.events[row], batch.verdicts[row]));
        EXPECT_EQ(features.column(3)[r], batch.features.at(row, profile::Feature::kAmountVsPayee));
      }
    }
  }
}

TEST(Block, HasTheTransactionRootOfRfc6962) {
  const fixture::Batch batch = fixture::batch(70, 4);
  BlockBuilder builder;
  const SealedBlock block =
      seal_block(builder, {}, fixture::meta(1, 1), batch.content(FeatureRowsMode::kNone), {});
  std::vector<Digest> leaves;
  for (std::size_t first = 0; first < 70; first += 32) {
    const std::size_t rows = std::min<std::size_t>(32, 70 - first);
    ByteWriter leaf;
    leaf.raw({reinterpret_cast<const std::uint8_t*>(&batch.events[first]), rows * 128});
    leaf.raw({reinterpret_cast<const std::uint8_t*>(&batch.verdicts[first]), rows * 32});
    leaves.push_back(ops::merkle_leaf(leaf.bytes()));
  }
  EXPECT_EQ(BlockView::parse(block.record.bytes())->header().tx_root,
            ops::reference::merkle_root(leaves));
}

TEST(Block, OfControlRecordsAloneHasTheEmptyRoot) {
  const SealedBlock block = sealed(0, FeatureRowsMode::kAll);
  const Result<BlockView> view = BlockView::parse(block.record.bytes());
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header().tx_root, sha256({}));
  EXPECT_EQ(view->header().control_count, 2U);
}

TEST(Block, IsTheSameHoweverTheLeavesAreSplit) {
  const fixture::Batch batch = fixture::batch(500, 5);
  const BlockContent content = batch.content(FeatureRowsMode::kSampled);
  const SealedBlock whole = sealed(500, FeatureRowsMode::kSampled, 5);
  BlockBuilder builder;
  builder.begin({}, fixture::meta(5, 100), content);
  for (std::size_t leaf = builder.leaf_count(); leaf-- > 0;) builder.hash_leaves(leaf, leaf + 1);
  builder.finish_body();
  const SealedBlock pieces = builder.seal({sha256(as_bytes("parent")), 4, 9});
  EXPECT_TRUE(std::ranges::equal(pieces.record.bytes(), whole.record.bytes()));
}

TEST(Block, KeepsItsBytes) {
  fixture::Batch batch;
  batch.events.push_back(fixture::transfer(1, 1, 2, 53181));
  batch.verdicts.resize(1);
  batch.verdicts[0] = {};
  batch.verdicts[0].ledger_status = 1;
  batch.control.add(ControlType::kConfig, as_bytes("x"));
  BlockBuilder builder;
  const SealedBlock block = seal_block(builder, {}, fixture::meta(1, 1),
                                       batch.content(FeatureRowsMode::kNone), {sha256({}), 0, 0});
  EXPECT_EQ(block.record.size(), 4096U);
  EXPECT_EQ(to_hex(block.hash), "9f8c56f041b1f4c9b53720d43a9c64557c95659bfa000cf0a497815e5a41137d");
  EXPECT_EQ(to_hex(sha256(block.record.bytes())),
            "eac2685d21b0a9d076bac4487d6b3331758e9ad37adbbb13857442df41000bd8");
}

// Returns the section or field that byte `offset` belongs to, from the layout's sizes alone.
std::string owner(const BlockHeader& header, std::size_t offset) {
  if (offset < kBlockHeaderBytes) return std::string(header_field(offset));
  std::size_t at = kBlockHeaderBytes;
  if (offset < (at += header.count * 128)) return "events";
  if (offset < (at += header.count * 32)) return "verdicts";
  if (offset < (at += order_bytes(header.count))) return "order";
  if (offset < (at += header.side_bytes)) return "side";
  if (offset < (at += header.control_bytes)) return "control";
  if (offset < (at += header.feature_bytes)) return "features";
  return "padding";
}

TEST(Block, NamesEveryFlippedBitOfTheHeader) {
  SealedBlock block = sealed(3, FeatureRowsMode::kNone);
  const BlockHeader header = load<BlockHeader>(block.record.data());
  for (std::size_t bit = 0; bit < kBlockHeaderBytes * 8; ++bit) {
    block.record.data()[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(BlockView::parse(block.record.bytes()));
    const auto fault = inspect_block(block.record.bytes());
    ASSERT_TRUE(fault) << "bit " << bit;
    EXPECT_EQ(fault->field, owner(header, bit / 8)) << "bit " << bit;
    if (bit / 8 < kHeaderCrcBytes) {
      EXPECT_EQ(fault->offset, bit / 8);
    }
    block.record.data()[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  EXPECT_FALSE(inspect_block(block.record.bytes()));
}

TEST(Block, LocatesFlippedBitsOfBodyAndPadding) {
  SealedBlock block = sealed(150, FeatureRowsMode::kSampled);
  const BlockHeader header = load<BlockHeader>(block.record.data());
  Philox rng(20261121, 1);
  for (int trial = 0; trial < 200; ++trial) {
    const std::size_t at =
        kBlockHeaderBytes +
        rng.next_below(static_cast<std::uint32_t>(block.record.size() - kBlockHeaderBytes));
    const auto mask = static_cast<std::uint8_t>(1U << rng.next_below(8));
    block.record.data()[at] ^= mask;
    const auto fault = inspect_block(block.record.bytes());
    ASSERT_TRUE(fault) << "byte " << at;
    EXPECT_EQ(fault->offset, at);
    EXPECT_EQ(fault->field, owner(header, at));
    block.record.data()[at] ^= mask;
  }
}

TEST(Block, NamesTheSectionWhenManyBytesChange) {
  SealedBlock block = sealed(40, FeatureRowsMode::kAll);
  const auto damaged = [&](std::size_t at) {
    storage::DirectBuffer copy;
    copy.append(block.record.bytes());
    for (std::size_t i = 0; i < 7; ++i) copy.data()[at + i] ^= static_cast<std::uint8_t>(0x5b + i);
    const auto fault = inspect_block(copy.bytes());
    return fault ? fault->field : "sound";
  };
  const BlockHeader header = load<BlockHeader>(block.record.data());
  const std::size_t order_at = kBlockHeaderBytes + 40 * 160;
  EXPECT_EQ(damaged(kBlockHeaderBytes + 77), "events");
  EXPECT_EQ(damaged(order_at + 3), "order");
  EXPECT_EQ(damaged(order_at + order_bytes(40)), "side");
  EXPECT_EQ(damaged(order_at + order_bytes(40) + header.side_bytes + header.control_bytes + 100),
            "features");
}

// A forger who fixes the checksums still fails: each claim is checked against the content.
TEST(Block, RefusesClaimsThatTheContentDoesNotBear) {
  const SealedBlock block = sealed(40, FeatureRowsMode::kNone);
  const auto forged = [&](auto change) {
    storage::DirectBuffer copy;
    copy.append(block.record.bytes());
    auto& header = *reinterpret_cast<BlockHeader*>(copy.data());
    change(header, copy.data() + kBlockHeaderBytes);
    header.body_crc32c = crc32c(copy.bytes().subspan(
        kBlockHeaderBytes,
        std::min<std::size_t>(header.stored_bytes, copy.size() - kBlockHeaderBytes)));
    header.header_crc32c = crc32c(copy.bytes().first(kHeaderCrcBytes));
    const auto fault = inspect_block(copy.bytes());
    return fault ? fault->field : "sound";
  };
  using Head = BlockHeader;
  EXPECT_EQ(forged([](Head&, std::uint8_t*) {}), "sound");
  EXPECT_EQ(forged([](Head& h, std::uint8_t*) { ++h.passed; }), "passed");
  EXPECT_EQ(forged([](Head& h, std::uint8_t*) { --h.applied; }), "applied");
  EXPECT_EQ(forged([](Head& h, std::uint8_t*) { ++h.t_max_us; }), "t_max_us");
  EXPECT_EQ(forged([](Head& h, std::uint8_t*) { ++h.control_count; }), "control_count");
  EXPECT_EQ(forged([](Head& h, std::uint8_t*) { h.count = 0xFFFFFFFF; }), "count");
  EXPECT_EQ(forged([](Head& h, std::uint8_t*) { h.side_bytes += 8; }), "raw_bytes");
  EXPECT_EQ(
      forged([](Head& h, std::uint8_t*) { h.stored_bytes = h.raw_bytes += h.side_bytes += 8192; }),
      "raw_bytes");
  EXPECT_EQ(forged([](Head& h, std::uint8_t*) { h.codec = 1; }), "codec");
  EXPECT_EQ(forged([](Head& h, std::uint8_t*) { h.version = 2; }), "version");
  EXPECT_EQ(forged([](Head&, std::uint8_t* body) { body[40] ^= 1; }), "tx_root");
  EXPECT_EQ(forged([](Head& h, std::uint8_t* body) {
              std::uint8_t* order = body + h.count * 160;
              order[0] = order[2], order[1] = order[3];
              h.order_hash = sha256({order, h.count * 2});
            }),
            "order");
}

TEST(Block, RefusesEveryCut) {
  const SealedBlock block = sealed(40, FeatureRowsMode::kNone);
  for (std::size_t size = 0; size < block.record.size(); size += 8) {
    EXPECT_FALSE(BlockView::parse(block.record.bytes().first(size)));
  }
}

TEST(BitFlip, IsFoundFromTheChecksumAlone) {
  std::vector<std::uint8_t> bytes(999, 0x3c);
  const std::uint32_t before = crc32c(bytes);
  for (const std::size_t bit : {0u, 1u, 8u, 4000u, 7990u, 7991u}) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_EQ(locate_bit_flip(before, crc32c(bytes), bytes.size()), bit);
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  EXPECT_FALSE(locate_bit_flip(before, before, bytes.size()));
  EXPECT_FALSE(locate_bit_flip(before, before ^ 0x10, bytes.size()));
}

TEST(Control, WalksWhatWasWrittenAndStopsAtDamage) {
  ControlWriter out;
  out.add(ControlType::kLists, as_bytes("123456789"), 7);
  out.add(ControlType::kSnapshot, {});
  ControlReader in(out.bytes());
  const auto first = in.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, ControlType::kLists);
  EXPECT_EQ(first->flags, 7);
  EXPECT_TRUE(std::ranges::equal(first->payload, as_bytes("123456789")));
  EXPECT_TRUE(in.next());
  EXPECT_FALSE(in.next());
  EXPECT_TRUE(in.ok());

  std::vector<std::uint8_t> bytes(out.bytes().begin(), out.bytes().end());
  bytes[20] = 1;  // padding
  ControlReader padded(bytes);
  EXPECT_FALSE(padded.next());
  EXPECT_FALSE(padded.ok());
  bytes[20] = 0;
  bytes[4] = 200;  // longer than the section
  ControlReader cut(bytes);
  EXPECT_FALSE(cut.next());
  EXPECT_FALSE(cut.ok());
}

}  // namespace
}  // namespace weir::ledger
