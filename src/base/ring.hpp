// Two bounded queues: SpscRing between exactly two threads (lock-free, batched), and BlockingQueue
// from many threads to one that may sleep.
//
//   SpscRing<Slot> ring(1024);
//   while (!ring.push(slot)) wait();             // producer thread
//   std::size_t n = ring.pop_batch(slots);       // consumer thread
//
//   BlockingQueue<Job> queue(64);
//   if (!queue.try_push(std::move(job))) refuse();
//   while (std::optional<Job> next = queue.pop()) run(*next);   // ends after close() once drained
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace weir {

inline constexpr std::size_t kCacheLine = 64;

// One producer, one consumer. Each side caches the other's position, so that a full pass over the
// ring costs two shared cache misses, not two an item. Never allocates after construction. T must
// be default-constructible.
template <class T>
class SpscRing {
 public:
  // Holds at least `capacity` items (rounded up to a power of two).
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(std::max<std::size_t>(capacity, 2)) - 1),
        slots_(std::make_unique<T[]>(mask_ + 1)) {}
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  std::size_t capacity() const { return mask_ + 1; }

  // Producer: appends one item, or returns false and leaves it as it was if the ring is full.
  bool push(T&& item) {
    if (free_slots(1) == 0) return false;
    slots_[tail_own_ & mask_] = std::move(item);
    tail_.store(++tail_own_, std::memory_order_release);
    return true;
  }
  bool push(const T& item) {
    T copy = item;
    return push(std::move(copy));
  }
  // Producer: copies as many leading items as fit and publishes them at once; returns how many.
  std::size_t push_batch(std::span<const T> items) {
    const std::size_t count = std::min(items.size(), free_slots(items.size()));
    for (std::size_t i = 0; i < count; ++i) slots_[(tail_own_ + i) & mask_] = items[i];
    tail_own_ += count;
    tail_.store(tail_own_, std::memory_order_release);
    return count;
  }

  // Consumer: takes the oldest item; false if there is none.
  bool pop(T& out) {
    if (ready_slots(1) == 0) return false;
    out = std::move(slots_[head_own_ & mask_]);
    head_.store(++head_own_, std::memory_order_release);
    return true;
  }
  // Consumer: takes up to out.size() items in order; returns how many.
  std::size_t pop_batch(std::span<T> out) {
    const std::size_t count = std::min(out.size(), ready_slots(out.size()));
    for (std::size_t i = 0; i < count; ++i) out[i] = std::move(slots_[(head_own_ + i) & mask_]);
    head_own_ += count;
    head_.store(head_own_, std::memory_order_release);
    return count;
  }

  // Returns how many items are queued; exact only for a thread that sees both sides at rest.
  std::size_t size() const {
    const std::size_t head = head_.load(std::memory_order_acquire);
    return tail_.load(std::memory_order_acquire) - head;
  }
  bool empty() const { return size() == 0; }

 private:
  std::size_t free_slots(std::size_t wanted) {
    std::size_t free = capacity() - (tail_own_ - head_seen_);
    if (free < wanted) {
      head_seen_ = head_.load(std::memory_order_acquire);
      free = capacity() - (tail_own_ - head_seen_);
    }
    return free;
  }
  std::size_t ready_slots(std::size_t wanted) {
    std::size_t ready = tail_seen_ - head_own_;
    if (ready < wanted) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      ready = tail_seen_ - head_own_;
    }
    return ready;
  }

  const std::size_t mask_;
  const std::unique_ptr<T[]> slots_;
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};  // written by the producer
  alignas(kCacheLine) std::size_t tail_own_ = 0;          // the producer's private line
  std::size_t head_seen_ = 0;
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};  // written by the consumer
  alignas(kCacheLine) std::size_t head_own_ = 0;          // the consumer's private line
  std::size_t tail_seen_ = 0;
};

// Many producers, one or more consumers, mutex and condition variables. Thread-safe.
template <class T>
class BlockingQueue {
 public:
  explicit BlockingQueue(std::size_t capacity) : capacity_(capacity) { CHECK_GT(capacity, 0U); }
  BlockingQueue(const BlockingQueue&) = delete;
  BlockingQueue& operator=(const BlockingQueue&) = delete;

  // Appends unless the queue is full or closed; `item` is moved from only on success.
  bool try_push(T&& item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    not_empty_.notify_one();
    return true;
  }
  // Waits for room; false, with `item` untouched, if the queue is closed first.
  bool push(T&& item) {
    {
      std::unique_lock lock(mutex_);
      not_full_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
      if (closed_) return false;
      items_.push_back(std::move(item));
    }
    not_empty_.notify_one();
    return true;
  }

  // Waits for an item; nothing once the queue is closed and drained.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return closed_ || !items_.empty(); });
    return take(lock);
  }
  // As pop(), but gives up after `timeout`; closed() tells the two apart.
  std::optional<T> pop_for(std::chrono::nanoseconds timeout) {
    std::unique_lock lock(mutex_);
    not_empty_.wait_for(lock, timeout, [&] { return closed_ || !items_.empty(); });
    return take(lock);
  }
  std::optional<T> try_pop() {
    std::unique_lock lock(mutex_);
    return take(lock);
  }
  // Waits for at least one item, then takes all that are queued; empty once closed and drained.
  std::vector<T> pop_all() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return closed_ || !items_.empty(); });
    std::vector<T> out(std::make_move_iterator(items_.begin()),
                       std::make_move_iterator(items_.end()));
    items_.clear();
    lock.unlock();
    not_full_.notify_all();
    return out;
  }

  // Refuses further items and wakes everybody; what is queued can still be taken.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  std::optional<T> take(std::unique_lock<std::mutex>& lock) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> out(std::move(items_.front()));
    items_.pop_front();
    lock.unlock();
    not_full_.notify_one();
    return out;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace weir
