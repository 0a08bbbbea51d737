#include "ledger/block_log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/fixture.hpp"
#include "ledger/verify.hpp"
#include "storage/fault_files.hpp"

namespace weir::ledger {
namespace {

namespace fs = std::filesystem;

class BlockLogTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = (fs::temp_directory_path() /
            ("weir_block_log_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()))
               .string();
    fs::remove_all(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  BlockLogOptions options() const {
    BlockLogOptions made;
    made.genesis.chain_id = 7;
    made.genesis.created_us = 1'700'000'000'000'000;
    made.segments.segment_bytes = 1 << 20;
    made.segments.durability = storage::Durability::kProcess;
    made.segments.zero_ahead_bytes = 0;
    made.segments.prepare_in_background = false;
    return made;
  }

  std::unique_ptr<BlockLog> open(const BlockLogOptions& given) {
    auto log = BlockLog::open(dir_, given, report_);
    EXPECT_TRUE(log) << (log ? "" : log.error().to_string());
    if (log && report_.blocks == 0) head_ = (*log)->head_hash();
    return log ? std::move(*log) : nullptr;
  }

  // Appends `count` blocks one by one, each saying that the one before is durable.
  void write(BlockLog& log, std::size_t count, std::size_t events_max = 60) {
    BlockBuilder builder;
    for (std::size_t i = 0; i < count; ++i) {
      const Height height = log.durable_height() + 1;
      const std::size_t events = height % 5 == 0 ? 0 : 1 + height * 7 % events_max;
      const fixture::Batch batch = fixture::batch(events, height, next_seq_);
      SealedBlock block = seal_block(
          builder, log.pool().acquire(), fixture::meta(height, next_seq_),
          batch.content(height % 2 == 0 ? FeatureRowsMode::kAll : FeatureRowsMode::kSampled),
          {head_, log.durable_height(), 1});
      head_ = block.hash;
      next_seq_ += events;
      log.append(std::move(block), [&](Height h, const Status& status) {
        EXPECT_EQ(h, height);
        EXPECT_TRUE(status) << status.to_string();
      });
      log.drain();
    }
  }

  // Flips bits of a byte of the log, counted from its beginning over all segments.
  void flip(std::uint64_t linear, std::uint8_t mask) {
    const std::uint64_t segment = linear >> 20 << 20;
    std::fstream file(dir_ + "/" + segment_name(segment),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(linear - segment));
    const auto byte = static_cast<char>(file.get() ^ mask);
    file.seekp(static_cast<std::streamoff>(linear - segment));
    file.put(byte);
    ASSERT_TRUE(file.good());
  }

  std::string dir_;
  RecoveryReport report_;
  Digest head_{};
  std::uint64_t next_seq_ = 1;
};

TEST_F(BlockLogTest, ReadsWhatWasAppendedAlsoAfterReopening) {
  {
    const auto log = open(options());
    write(*log, 60);
    EXPECT_EQ(log->durable_height(), 60U);
  }
  const auto log = open(options());
  EXPECT_EQ(report_.blocks, 60U);
  EXPECT_EQ(report_.next_seq, next_seq_);
  EXPECT_TRUE(report_.torn_reason.empty()) << report_.torn_reason;
  EXPECT_EQ(log->head_hash(), head_);
  write(*log, 10);
  Block block;
  for (Height height = 1; height <= 70; ++height) {
    ASSERT_TRUE(log->read(height, block));
    EXPECT_EQ(block.view().header().height, height);
    const std::uint64_t first = block.view().header().first_seq;
    for (std::uint64_t seq = first; seq < first + block.view().header().count; ++seq) {
      ASSERT_EQ(log->find_seq(seq), height);
    }
  }
  EXPECT_EQ(log->read(71, block).code(), Code::kNotFound);
  EXPECT_EQ(log->read(0, block).code(), Code::kNotFound);
  EXPECT_FALSE(log->find_seq(0));
  EXPECT_FALSE(log->find_seq(next_seq_));
}

TEST_F(BlockLogTest, DropsOldBodiesAndKeepsTheirHeaders) {
  std::vector<Digest> hashes{Digest{}};
  {
    const auto log = open(options());
    while (log->segments().end().segment < 4U << 20) {
      write(*log, 1, 2000);
      hashes.push_back(head_);
    }
    EXPECT_EQ(*log->retain(3U << 20, 1), 1U) << "block 1 has to stay";
    EXPECT_EQ(*log->retain(64U << 20, log->durable_height()), 1U) << "there is room";
    const Height first = *log->retain(3U << 20, log->durable_height());
    ASSERT_GT(first, 1U);
    EXPECT_EQ(log->first_height(), first);
    EXPECT_LE(log->bytes_on_disk(), 3U << 20);
    Block block;
    EXPECT_EQ(log->read(first - 1, block).reason(), "height_dropped");
    ASSERT_TRUE(log->read(first, block));
    write(*log, 3, 2000);
    for (int i = 0; i < 3; ++i) hashes.push_back(Digest{});
  }
  for (int again = 0; again < 2; ++again) {
    const auto log = open(options());
    ASSERT_NE(log, nullptr);
    EXPECT_EQ(log->head_hash(), head_);
    EXPECT_EQ(report_.last_height, log->durable_height());
    BlockHeader header{};
    for (Height height = 1; height + 3 < hashes.size(); ++height) {
      ASSERT_TRUE(log->read_header(height, header).is_ok()) << height;
      EXPECT_EQ(block_hash(header), hashes[height]);
    }
    EXPECT_EQ(log->read_header(hashes.size(), header).reason(), "height_unknown");
    EXPECT_EQ(log->read_header(0, header).reason(), "height_unknown");
    ASSERT_TRUE(log->retain(1, log->durable_height()));  // a second time, behind the first
  }
  const auto report = verify_log(dir_, hashes[2]);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->fault) << report->fault->message;
  EXPECT_EQ(report->first_height, report->headers + 1);
  EXPECT_EQ(report->headers + report->blocks, hashes.size() - 1);
  EXPECT_EQ(report->events, next_seq_ - 1);
  EXPECT_EQ(report->head, head_);
  EXPECT_EQ(report->since_height, 2U);
}

TEST_F(BlockLogTest, NoticesEveryChangedByteOfKeptHeaders) {
  {
    const auto log = open(options());
    while (log->segments().end().segment < 2U << 20) write(*log, 1, 2000);
    ASSERT_GT(*log->retain(1, log->durable_height()), 2U);
  }
  const std::string path = dir_ + "/log/headers";
  const auto flip_header = [&](std::uint64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const auto byte = static_cast<char>(file.get() ^ 4);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(byte);
  };
  for (std::uint64_t at = kBlockHeaderBytes; at < 2 * kBlockHeaderBytes; ++at) {
    flip_header(at);
    const auto report = verify_log(dir_);
    ASSERT_TRUE(report);
    ASSERT_TRUE(report->fault) << at;
    EXPECT_EQ(report->fault->height, 2U);
    EXPECT_EQ(report->fault->file, "log/headers");
    flip_header(at);
  }
  EXPECT_FALSE(verify_log(dir_)->fault);
  fs::remove(path);
  EXPECT_EQ(verify_log(dir_)->fault->height, 1U);
  RecoveryReport report;
  EXPECT_EQ(BlockLog::open(dir_, options(), report).error().reason(), "headers_missing");
}

// Headers are written before segments go: what lies between is both.
TEST_F(BlockLogTest, TakesHeadersOfBlocksWhoseBodiesAreStillThere) {
  {
    const auto log = open(options());
    while (log->segments().end().segment < 2U << 20) write(*log, 1, 2000);
  }
  fs::copy(dir_ + "/log", dir_ + "/before");
  {
    const auto log = open(options());
    ASSERT_GT(*log->retain(1, log->durable_height()), 1U);
  }
  fs::rename(dir_ + "/log/headers", dir_ + "/headers");
  std::ofstream(dir_ + "/headers", std::ios::app | std::ios::binary) << "half a header";
  fs::remove_all(dir_ + "/log");
  fs::rename(dir_ + "/before", dir_ + "/log");
  fs::rename(dir_ + "/headers", dir_ + "/log/headers");
  const auto log = open(options());
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->first_height(), 1U);
  ASSERT_GT(*log->retain(1, log->durable_height()), 1U);
  EXPECT_FALSE(verify_log(dir_)->fault);
}

TEST_F(BlockLogTest, TruncatesATornTailAtEvery512Bytes) {
  write(*open(options()), 8);
  const std::string segment = dir_ + "/" + segment_name(0);
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  {
    const auto log = open(options());
    end = log->segments().end().offset;
    Block last;
    ASSERT_TRUE(log->read(8, last));
    begin = end - last.record().size();
  }
  std::vector<char> whole(1 << 20);
  std::ifstream(segment, std::ios::binary).read(whole.data(), 1 << 20);
  const auto body = load<BlockHeader>(whole.data() + begin).stored_bytes + kBlockHeaderBytes;
  for (std::uint64_t cut = begin; cut < begin + body; cut += 512) {
    std::vector<char> torn = whole;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(cut), torn.end(), '\0');
    std::ofstream(segment, std::ios::binary).write(torn.data(), 1 << 20);
    const auto log = open(options());
    ASSERT_EQ(report_.blocks, 7U) << "cut at " << cut - begin;
    EXPECT_EQ(report_.torn_reason.empty(), cut == begin);
    EXPECT_EQ(log->segments().end().offset, begin);
  }
  const auto again = open(options());
  EXPECT_TRUE(report_.torn_reason.empty());
}

// Truncating a block that was acknowledged would lose money silently: recovery has to stop instead.
TEST_F(BlockLogTest, RefusesToStartWhenALaterBlockProvesTheBadOneDurable) {
  write(*open(options()), 10);
  for (const std::uint64_t byte : {8ULL, 330ULL}) {  // in the header and in the body of block 4
    std::uint64_t begin = 0;
    {
      const auto log = open(options());
      Block block;
      for (Height height = 1; height < 4; ++height) {
        ASSERT_TRUE(log->read(height, block));
        begin += block.record().size();
      }
    }
    flip(begin + byte, 4);
    const auto refused = BlockLog::open(dir_, options(), report_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::kDataLoss);
    EXPECT_EQ(refused.error().error().field, byte == 8 ? "chain_id" : "events");
    EXPECT_NE(refused.error().message().find("offset " + std::to_string(begin + byte)),
              std::string::npos)
        << refused.error().to_string();
    flip(begin + byte, 4);
  }
  EXPECT_NE(open(options()), nullptr);
  EXPECT_EQ(report_.blocks, 10U);
}

TEST_F(BlockLogTest, TakesADamagedLastBlockForATornWrite) {
  write(*open(options()), 6);
  std::uint64_t end = 0;
  {
    const auto log = open(options());
    end = log->segments().end().offset;
  }
  flip(end - 4096 + 500, 1);
  const auto log = open(options());
  EXPECT_EQ(report_.blocks, 5U);
  EXPECT_FALSE(report_.torn_reason.empty());
}

TEST_F(BlockLogTest, ReportsAFailedSyncToEveryBlockAndDoesNotGoOn) {
  storage::FaultFiles files;
  BlockLogOptions given = options();
  given.segments.files = &files;
  given.segments.durability = storage::Durability::kPower;
  const auto log = open(given);
  ASSERT_NE(log, nullptr);
  write(*log, 2);
  files.fail_syncs_after(0, EIO);
  BlockBuilder builder;
  std::vector<bool> results;
  for (Height height = 3; height <= 5; ++height) {
    const fixture::Batch batch = fixture::batch(10, height);
    SealedBlock block = seal_block(builder, log->pool().acquire(), fixture::meta(height, next_seq_),
                                   batch.content(FeatureRowsMode::kNone), {head_, 2, 1});
    log->append(std::move(block),
                [&](Height, const Status& status) { results.push_back(status.is_ok()); });
  }
  log->drain();
  EXPECT_EQ(results, std::vector<bool>(3, false));
  EXPECT_TRUE(log->failed());
  EXPECT_EQ(log->durable_height(), 2U);
}

TEST_F(BlockLogTest, KeepsEveryAcknowledgedBlockThroughAPowerCut) {
  Philox rng(20261121, 8);
  for (int trial = 0; trial < 12; ++trial) {
    fs::remove_all(dir_);
    next_seq_ = 1;
    std::uint64_t acknowledged = 0;
    {
      storage::FaultFiles files;
      BlockLogOptions given = options();
      given.segments.files = &files;
      given.segments.durability = storage::Durability::kPower;
      const auto log = open(given);
      ASSERT_NE(log, nullptr);
      write(*log, 1 + rng.next_below(6));
      acknowledged = log->durable_height();
      files.cut_power(512 * rng.next_below(8));
    }
    const auto log = open(options());
    ASSERT_NE(log, nullptr);
    EXPECT_GE(report_.blocks, acknowledged);
  }
}

TEST_F(BlockLogTest, VerifiesASoundLogAndItsAncestors) {
  write(*open(options()), 40);
  Digest middle{};
  {
    const auto log = open(options());
    Block block;
    ASSERT_TRUE(log->read(17, block));
    middle = block.view().hash();
  }
  const auto report = verify_log(dir_, middle);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_FALSE(report->fault) << report->fault->field << " " << report->fault->message;
  EXPECT_EQ(report->blocks, 40U);
  EXPECT_EQ(report->events, next_seq_ - 1);
  EXPECT_EQ(report->head, head_);
  EXPECT_EQ(report->since_height, 17U);
  EXPECT_FALSE(verify_log(dir_, sha256({}))->since_height);
  EXPECT_FALSE(verify_log(dir_ + "/nowhere"));
}

// Each of 1,000 flips anywhere in the bytes of any block is found, with its block, offset and
// field.
TEST_F(BlockLogTest, FindsEveryFlippedBit) {
  write(*open(options()), 30);
  struct Extent {
    std::uint64_t begin, end;
    BlockHeader header;
  };
  std::vector<Extent> extents;
  {
    const auto log = open(options());
    Block block;
    std::uint64_t at = 0;
    for (Height height = 1; height <= 30; ++height) {
      ASSERT_TRUE(log->read(height, block));
      const std::uint64_t bytes = block.record().size();
      if ((at >> 20) != ((at + bytes - 1) >> 20)) at = (at >> 20 << 20) + (1 << 20);
      extents.push_back({at, at + bytes, block.view().header()});
      at += bytes;
    }
  }
  Philox rng(20261121, 9);
  for (int trial = 0; trial < 1000; ++trial) {
    const Extent& extent = extents[rng.next_below(30)];
    const std::uint64_t at =
        extent.begin + rng.next_below(static_cast<std::uint32_t>(extent.end - extent.begin));
    const auto mask = static_cast<std::uint8_t>(1U << rng.next_below(8));
    flip(at, mask);
    const auto report = verify_log(dir_);
    ASSERT_TRUE(report);
    ASSERT_TRUE(report->fault) << "byte " << at;
    EXPECT_EQ(report->fault->height, extent.header.height);
    EXPECT_EQ(report->fault->file, segment_name(at >> 20 << 20));
    EXPECT_EQ(report->fault->offset, at % (1 << 20));
    EXPECT_FALSE(report->fault->field.empty());
    flip(at, mask);
  }
  EXPECT_FALSE(verify_log(dir_)->fault);
}

TEST_F(BlockLogTest, NoticesSwappedBlocksAndAnotherGenesis) {
  write(*open(options()), 3);
  const std::string genesis = dir_ + "/genesis.json";
  std::string text;
  std::getline(std::ifstream(genesis), text);
  std::ofstream(genesis) << std::string(text).replace(text.find("17000"), 5, "18000") << "\n";
  ASSERT_TRUE(verify_log(dir_)->fault);
  EXPECT_EQ(verify_log(dir_)->fault->field, "parent_hash");
  std::ofstream(genesis) << text << " \n";
  EXPECT_EQ(verify_log(dir_)->fault->field, "genesis");
  std::ofstream(genesis) << text << "\n";
  EXPECT_FALSE(verify_log(dir_)->fault);

  const std::string segment = dir_ + "/" + segment_name(0);
  std::vector<char> bytes(1 << 20);
  std::ifstream(segment, std::ios::binary).read(bytes.data(), 1 << 20);
  const std::uint64_t first =
      block_record_bytes({reinterpret_cast<std::uint8_t*>(bytes.data()), 4096});
  std::rotate(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(first),
              bytes.begin() +
                  static_cast<std::ptrdiff_t>(
                      first + block_record_bytes(
                                  {reinterpret_cast<std::uint8_t*>(bytes.data()) + first, 4096})));
  std::ofstream(segment, std::ios::binary).write(bytes.data(), 1 << 20);
  EXPECT_EQ(verify_log(dir_)->fault->field, "height");
}

TEST_F(BlockLogTest, ProvesAnEventAgainstItsBlockHash) {
  write(*open(options()), 12);
  const auto log = open(options());
  Block block;
  ASSERT_TRUE(log->read(9, block));
  const std::uint32_t row = block.view().header().count - 1;
  const auto proof = prove_event(dir_, block.view().events()[row].id);
  ASSERT_TRUE(proof) << proof.error().to_string();
  const auto read = Proof::parse(proof->to_json());
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_TRUE(check_proof(*read, block.view().hash()));
  EXPECT_FALSE(check_proof(*read, sha256({})));
  Proof wrong = *read;
  wrong.events[0].amount += 1;
  EXPECT_EQ(check_proof(wrong, block.view().hash()).error().field, "path");
  wrong = *read;
  wrong.row = 60'000;
  EXPECT_FALSE(check_proof(wrong, block.view().hash()));
  EXPECT_FALSE(Proof::parse("{}"));
  EXPECT_FALSE(Proof::parse("[1,2"));
  EXPECT_EQ(prove_event(dir_, wire::EventKey{9}).error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace weir::ledger
