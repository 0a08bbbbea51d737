// OperationService: runs named operations for HTTP and for `weir op`, and writes the envelope.
//
//   OperationService service(context, {});
//   const OperationReply reply = service.answer("hash_batch", body, request_id);
//   reply.http_status, reply.body
//
// answer() is thread-safe and runs on the caller's thread; submit() queues by priority and runs on
// threads of its own, never on those of the pass.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ops/context.hpp"
#include "server/operations/known_members.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {

struct OperationLimits {
  unsigned running_max = 4;
  std::size_t queued_max = 256;                   // of each priority
  std::size_t queued_bytes_max = 512 << 20;       // bodies of each priority that wait
  ops::Fallback fallback = ops::Fallback::kWarn;  // of requests that do not say
  device::Budget* host_memory = nullptr;          // outlives the service; null: any amount
  device::RatesMeasured measured = {};
  unsigned streams_max = 64;  // open at a time
  StreamLimits stream = {};
};

// Streams of an OperationService; any thread.
struct StreamGauge {
  std::atomic<unsigned> open{0};
  std::atomic<std::size_t> bytes_most{0};  // that one of them has held: text, rows and answers
};

struct OperationReply {
  unsigned http_status = 200;
  std::string body;
  std::string operation;  // the name, or empty if there is none of that name
  bool gpu_used = false;
  double seconds = 0;
};

// Reads "options"; invalid_argument names what is wrong.
Result<OperationOptions> read_options(const Params& params, const Clock& clock,
                                      ops::Fallback fallback = ops::Fallback::kWarn);
// not_found (operation_unknown) with the nearest name.
Status operation_unknown(std::string_view name);
// Writes the body of a failed request.
std::string failure_json(const Status& status, std::string_view request_id);

class OperationService {
 public:
  OperationService(ops::Context& context, const OperationLimits& limits);
  // Refuses what is queued and waits for what runs.
  ~OperationService();
  OperationService(const OperationService&) = delete;
  OperationService& operator=(const OperationService&) = delete;

  // A timeout counts from `arrived_ns` on the monotonic clock; 0: from now.
  OperationReply answer(std::string_view name, std::string_view body, std::string_view request_id,
                        std::int64_t arrived_ns = 0);

  // Queues a job that holds a body. resource_exhausted: too many of its priority wait (queue_full),
  // or they hold too much (queue_bytes); one by itself may hold any amount.
  Status submit(device::Priority priority, std::function<void()> job, std::size_t body_bytes = 0);
  // Queues what goes on with an admitted stream, behind the others of its priority; false while the
  // service stops.
  bool resubmit(device::Priority priority, std::function<void()> job);

  // What an operation of the table takes.
  const KnownMembers& known_members(const Operation& operation) const {
    return known_.at(&operation);
  }
  ops::Context& context() { return context_; }
  const OperationLimits& limits() const { return limits_; }
  StreamGauge& streams() { return streams_; }

 private:
  struct Job {
    std::function<void()> run;
    std::size_t bytes = 0;
  };
  struct Queue {
    std::deque<Job> jobs;
    std::size_t bytes = 0;
  };

  void work();
  OperationReply run(const Operation& operation, std::string_view body, std::string_view request_id,
                     std::int64_t arrived_ns);

  ops::Context& context_;
  const OperationLimits limits_;
  std::map<const Operation*, KnownMembers> known_;
  StreamGauge streams_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::array<Queue, 4> queued_;  // by priority
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weir::server
