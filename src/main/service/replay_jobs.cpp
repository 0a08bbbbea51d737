#include "main/service/replay_jobs.hpp"

#include <algorithm>
#include <utility>

#include "base/json.hpp"

namespace weir::main {
namespace {

constexpr std::size_t kWaitingMax = 8;
constexpr std::size_t kKeptMax = 64;

}  // namespace

std::string_view ReplayJobs::state_name(State state) {
  constexpr std::string_view kNames[] = {"queued", "running", "done", "failed", "cancelled"};
  return kNames[static_cast<std::size_t>(state)];
}

Result<std::string> ReplayJobs::start(ReplayRange range, Work work) {
  const std::lock_guard lock(mutex_);
  if (closing_) return fail(unavailable("closing", "weir is shutting down"));
  const auto waits = [](const auto& job) { return job->state == State::kQueued; };
  if (std::count_if(jobs_.begin(), jobs_.end(), waits) >=
      static_cast<std::ptrdiff_t>(kWaitingMax)) {
    return fail(resource_exhausted("replays_full", "eight replays are waiting already"));
  }
  auto job = std::make_shared<Job>();
  job->id = "r-" + std::to_string(++started_);
  job->progress.blocks_total = range.to + 1 - range.from;
  job->range = std::move(range);
  job->work = std::move(work);
  jobs_.push_back(job);
  const bool old = jobs_.size() > kKeptMax && jobs_.front()->state >= State::kDone;
  if (old) jobs_.pop_front();
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  work_.notify_one();
  return job->id;
}

std::shared_ptr<ReplayJobs::Job> ReplayJobs::find(const std::string& id) const {
  for (const auto& job : jobs_) {
    if (job->id == id) return job;
  }
  return nullptr;
}

Result<std::string> ReplayJobs::show(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto job = find(id);
  if (job == nullptr) return fail(not_found("replay_unknown", "there is no replay " + id));
  const double total = static_cast<double>(job->progress.blocks_total.load());
  const double done = static_cast<double>(job->progress.blocks.load());
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("id").string(id).key("state").string(state_name(job->state));
  json.key("author").string(job->range.author);
  json.key("from").u64(job->range.from).key("to").u64(job->range.to);
  json.key("progress").f64(job->state == State::kDone ? 1 : total == 0 ? 0 : done / total);
  json.key("result");
  job->outcome.result.empty() ? json.null() : json.raw(job->outcome.result);
  if (job->state == State::kFailed) {
    json.key("error").begin_object().key("reason").string(job->status.reason());
    json.key("message").string(job->status.message()).end_object();
  }
  json.end_object();
  return text;
}

Result<std::string> ReplayJobs::changes(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto job = find(id);
  if (job == nullptr) return fail(not_found("replay_unknown", "there is no replay " + id));
  if (job->state != State::kDone) {
    return fail(failed_precondition("replay_running",
                                    "replay " + id + " is " + std::string(state_name(job->state))));
  }
  std::string text;
  JsonWriter(text).begin_object().key("items").raw(job->outcome.changes).end_object();
  return text;
}

Status ReplayJobs::cancel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto job = find(id);
  if (job == nullptr) return not_found("replay_unknown", "there is no replay " + id);
  job->progress.cancelled = true;
  if (job->state == State::kQueued) job->state = State::kCancelled;
  return Status::ok();
}

void ReplayJobs::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    for (const auto& job : jobs_) {
      job->progress.cancelled = true;
      if (job->state == State::kQueued) job->state = State::kCancelled;
    }
    work_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void ReplayJobs::run() {
  std::unique_lock lock(mutex_);
  const auto queued = [](const auto& job) { return job->state == State::kQueued; };
  while (true) {
    work_.wait(lock, [&] { return closing_ || std::any_of(jobs_.begin(), jobs_.end(), queued); });
    const auto next = std::find_if(jobs_.begin(), jobs_.end(), queued);
    if (next == jobs_.end()) return;
    const std::shared_ptr<Job> job = *next;
    job->state = State::kRunning;
    lock.unlock();
    auto outcome = job->work(job->progress);
    lock.lock();
    job->work = nullptr;
    if (job->progress.cancelled) {
      job->state = State::kCancelled;
    } else if (outcome) {
      job->state = State::kDone;
      job->outcome = std::move(*outcome);
    } else {
      job->state = State::kFailed;
      job->status = outcome.error();
    }
  }
}

}  // namespace weir::main
