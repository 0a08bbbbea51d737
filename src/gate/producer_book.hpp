// ProducerBook: how far each producer of frames has come, so that a client resumes exactly behind
// its last committed frame, also after a restart.
//
//   if (book.place(id, seq) == FramePlace::kNext) book.admit({id, seq, first_seq});
//   book.commit(block.control());               // the block that it rides in is durable
//   book.committed(id);                         // for the greeting
//
// The pass's thread asks and admits; commit() and committed() may be called from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "base/bytes.hpp"
#include "base/status.hpp"

namespace weir::gate {

inline constexpr std::size_t kProducersMax = 65'536;

struct ProducerFrame {
  std::uint64_t producer_id = 0;
  std::uint64_t producer_seq = 0;
  std::uint64_t first_seq = 0;  // of the events it brought; 0: none was accepted
};

enum class FramePlace : std::uint8_t {
  kNext,    // the frame that comes now
  kRepeat,  // taken before
  kGap,     // a frame before it is missing
  kFull,    // of a new producer, with kProducersMax known
};

class ProducerBook {
 public:
  FramePlace place(std::uint64_t producer_id, std::uint64_t producer_seq) const;
  // Returns the last frame taken from a producer, all zero if there is none.
  ProducerFrame last(std::uint64_t producer_id) const;
  void admit(const ProducerFrame& frame);

  // Notes the frames whose checkpoints ride in a block that is durable.
  void commit(Bytes controls);
  // As commit(), for a block read back from the log: its frames count as taken too.
  void replay(Bytes controls);
  // Returns the last committed producer_seq of a producer, 0 if there is none.
  std::uint64_t committed(std::uint64_t producer_id) const;

  // Writes and reads the committed frames, with nothing in flight.
  void save(ByteWriter& out) const;
  Status load(ByteReader& in);

 private:
  struct Place {
    std::uint64_t producer_seq = 0;
    std::uint64_t first_seq = 0;
  };
  void commit(const ProducerFrame& frame);

  std::map<std::uint64_t, Place> admitted_;
  mutable std::mutex mutex_;  // guards committed_
  std::map<std::uint64_t, Place> committed_;
};

}  // namespace weir::gate
