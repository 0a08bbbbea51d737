#include "ledger/decision_index.hpp"

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <queue>
#include <thread>

#include "base/check.hpp"
#include "ledger/decision_run.hpp"
#include "ledger/dedup.hpp"
#include "storage/file_ops.hpp"

namespace weir::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunkEntries = std::size_t{1} << 16;
constexpr std::size_t kPieceEntries = std::size_t{1} << 16;

using RunPtr = std::shared_ptr<const DecisionRun>;

// Entries of whole blocks, in order of height; full chunks do not change.
struct Chunk {
  std::vector<DecisionEntry> entries;
  Height first = 0;
  Height last = 0;
};
using ChunkPtr = std::shared_ptr<Chunk>;

void scan(const Chunk& chunk, std::uint64_t fingerprint, std::vector<std::uint64_t>& places) {
  for (const DecisionEntry& entry : chunk.entries) {
    if (entry.fingerprint == fingerprint) places.push_back(entry.place);
  }
}

// Merges sorted runs piece by piece; of equal keys the older run's come first.
class Merger {
 public:
  explicit Merger(std::span<const RunPtr> runs) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      sources_.push_back(runs[i]->entries());
      push(i);
    }
    piece_.reserve(kPieceEntries);
  }
  std::span<const DecisionEntry> next() {
    piece_.clear();
    while (piece_.size() < kPieceEntries && !heads_.empty()) {
      const std::size_t source = heads_.top().second;
      heads_.pop();
      piece_.push_back(sources_[source].front());
      sources_[source] = sources_[source].subspan(1);
      push(source);
    }
    return piece_;
  }

 private:
  using Top = std::pair<std::uint64_t, std::size_t>;
  void push(std::size_t source) {
    if (!sources_[source].empty())
      heads_.emplace(run_key(sources_[source].front().fingerprint), source);
  }
  std::vector<std::span<const DecisionEntry>> sources_;
  std::priority_queue<Top, std::vector<Top>, std::greater<>> heads_;
  std::vector<DecisionEntry> piece_;
};

}  // namespace

struct DecisionIndex::Impl {
  Impl(std::string path, const DecisionIndexOptions& given)
      : dir(std::move(path)), options(given) {}

  Status load();
  void work();
  Status write_run(std::span<const ChunkPtr> taken);
  Status merge_runs();
  std::size_t level(const DecisionRun& run) const;
  std::size_t waiting_entries() const;
  void close_chunk();

  const std::string dir;
  const DecisionIndexOptions options;
  mutable std::mutex mutex;
  std::condition_variable wake;     // the writing thread: something to do
  std::condition_variable written;  // add() and flush(): less to do
  ChunkPtr current;
  std::vector<ChunkPtr> chunks;  // full, not yet in a file
  std::vector<RunPtr> runs;      // by height
  Height indexed = 0;
  Status failure;
  bool flushing = false;
  bool busy = false;
  bool stopping = false;
  std::vector<DecisionEntry> sorted;
  std::vector<DecisionEntry> scratch;
  std::thread thread;
};

// Keeps the gapless row of runs from the log's oldest block on; of two that overlap, the one that
// covers more.
Status DecisionIndex::Impl::load() {
  std::error_code error;
  fs::create_directories(dir, error);
  std::vector<RunPtr> found;
  for (const auto& file : fs::directory_iterator(dir, error)) {
    const std::string path = file.path().string();
    if (!file.path().filename().string().starts_with("decisions-")) continue;
    Result<RunPtr> run = DecisionRun::open(path);
    if (run && (*run)->last_height() <= options.height_max) {
      found.push_back(std::move(*run));
    } else {
      storage::system_files().unlink(path);
    }
  }
  if (error) return errno_status("read", dir, error.value());
  std::sort(found.begin(), found.end(), [](const RunPtr& a, const RunPtr& b) {
    if (a->first_height() != b->first_height()) return a->first_height() < b->first_height();
    return a->last_height() > b->last_height();
  });
  for (const RunPtr& run : found) {
    const bool next = runs.empty() ? run->first_height() <= options.height_min
                                   : run->first_height() == indexed + 1;
    if (next) {
      runs.push_back(run);
      indexed = run->last_height();
    } else {
      storage::system_files().unlink(run->path());
    }
  }
  return Status::ok();
}

std::size_t DecisionIndex::Impl::waiting_entries() const {
  std::size_t sum = 0;
  for (const ChunkPtr& chunk : chunks) sum += chunk->entries.size();
  return sum;
}

void DecisionIndex::Impl::close_chunk() {
  if (current == nullptr || current->last == 0) return;
  chunks.push_back(std::move(current));
  current = nullptr;
}

void DecisionIndex::Impl::work() {
  std::unique_lock lock(mutex);
  while (true) {
    wake.wait(lock, [&] {
      return stopping || (flushing && !chunks.empty()) || waiting_entries() >= options.run_entries;
    });
    if (stopping) return;
    const std::vector<ChunkPtr> taken = chunks;
    busy = true;
    lock.unlock();
    Status status = write_run(taken);
    if (status) status = merge_runs();
    lock.lock();
    busy = false;
    if (!status) {
      failure = std::move(status);
      chunks.clear();
      written.notify_all();
      return;
    }
    written.notify_all();
  }
}

Status DecisionIndex::Impl::write_run(std::span<const ChunkPtr> taken) {
  sorted.clear();
  for (const ChunkPtr& chunk : taken) {
    sorted.insert(sorted.end(), chunk->entries.begin(), chunk->entries.end());
  }
  sort_entries(sorted, scratch);
  bool given = false;
  const auto next = [&]() -> std::span<const DecisionEntry> {
    if (std::exchange(given, true)) return {};
    return sorted;
  };
  WEIR_ASSIGN(RunPtr run, DecisionRun::write(dir, taken.front()->first, taken.back()->last,
                                             sorted.size(), next));
  const std::lock_guard lock(mutex);
  indexed = run->last_height();
  runs.push_back(std::move(run));
  chunks.erase(chunks.begin(), chunks.begin() + static_cast<std::ptrdiff_t>(taken.size()));
  return Status::ok();
}

// Runs of level k hold about run_entries * ways^k entries.
std::size_t DecisionIndex::Impl::level(const DecisionRun& run) const {
  std::size_t level = 0;
  for (std::size_t size = options.run_entries * options.merge_ways / 2;
       size <= run.entries().size(); size *= options.merge_ways) {
    ++level;
  }
  return level;
}

Status DecisionIndex::Impl::merge_runs() {
  const std::size_t ways = options.merge_ways;
  while (runs.size() >= ways) {  // only this thread changes `runs`
    const std::vector<RunPtr> inputs(runs.end() - static_cast<std::ptrdiff_t>(ways), runs.end());
    const std::size_t newest = level(*inputs.back());
    if (std::any_of(inputs.begin(), inputs.end(),
                    [&](const RunPtr& r) { return level(*r) > newest; }))
      break;
    std::uint64_t entries = 0;
    for (const RunPtr& run : inputs) entries += run->entries().size();
    Merger merger(inputs);
    WEIR_ASSIGN(RunPtr merged, DecisionRun::write(dir, inputs.front()->first_height(),
                                                  inputs.back()->last_height(), entries,
                                                  [&] { return merger.next(); }));
    {
      const std::lock_guard lock(mutex);
      runs.resize(runs.size() - ways);
      runs.push_back(std::move(merged));
    }
    for (const RunPtr& run : inputs) storage::system_files().unlink(run->path());
  }
  return Status::ok();
}

DecisionIndex::DecisionIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

DecisionIndex::~DecisionIndex() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
}

Result<std::unique_ptr<DecisionIndex>> DecisionIndex::open(const std::string& dir,
                                                           const DecisionIndexOptions& options) {
  CHECK(options.merge_ways >= 2 && options.run_entries >= 1);
  auto impl = std::make_unique<Impl>(dir, options);
  WEIR_TRY(impl->load());
  impl->thread = std::thread([state = impl.get()] { state->work(); });
  return std::unique_ptr<DecisionIndex>(new DecisionIndex(std::move(impl)));
}

Height DecisionIndex::indexed_height() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->indexed;
}

void DecisionIndex::add(Height height, std::span<const wire::Event> events) {
  Impl& impl = *impl_;
  std::unique_lock lock(impl.mutex);
  impl.written.wait(lock, [&] {
    return impl.waiting_entries() < 2 * impl.options.run_entries + kChunkEntries ||
           !impl.failure.is_ok();
  });
  if (!impl.failure) return;
  if (impl.current == nullptr) {
    impl.current = std::make_shared<Chunk>();
    impl.current->entries.reserve(kChunkEntries + events.size());
    impl.current->first = height;
  }
  Chunk& chunk = *impl.current;
  for (std::size_t row = 0; row < events.size(); ++row) {
    chunk.entries.push_back({id_fingerprint(events[row].id), height << 16 | row});
  }
  chunk.last = height;
  if (chunk.entries.size() < std::min(kChunkEntries, impl.options.run_entries)) return;
  impl.close_chunk();
  const bool full = impl.waiting_entries() >= impl.options.run_entries;
  lock.unlock();
  if (full) impl.wake.notify_one();
}

std::vector<DecisionPlace> DecisionIndex::find(const wire::EventKey& id) const {
  const std::uint64_t fingerprint = id_fingerprint(id);
  std::vector<std::uint64_t> places;
  std::vector<ChunkPtr> chunks;
  std::vector<RunPtr> runs;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->current != nullptr) scan(*impl_->current, fingerprint, places);
    chunks = impl_->chunks;
    runs = impl_->runs;
  }
  for (const ChunkPtr& chunk : chunks) scan(*chunk, fingerprint, places);
  for (const RunPtr& run : runs) run->find(fingerprint, places);
  std::sort(places.begin(), places.end(), std::greater<>());
  std::vector<DecisionPlace> found;
  for (const std::uint64_t place : places) {
    found.push_back({place >> 16, static_cast<std::uint32_t>(place & 0xFFFF)});
  }
  return found;
}

Status DecisionIndex::flush() {
  std::unique_lock lock(impl_->mutex);
  impl_->close_chunk();
  impl_->flushing = true;
  impl_->wake.notify_one();
  impl_->written.wait(
      lock, [&] { return (impl_->chunks.empty() && !impl_->busy) || !impl_->failure.is_ok(); });
  impl_->flushing = false;
  return impl_->failure;
}

Status DecisionIndex::status() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->failure;
}

}  // namespace weir::ledger
