// Rows are sorted as unique 64-bit numbers: as many leading bits of a key, less the smallest key,
// as leave room for the row, and the row. The vectorised quicksort of Highway is not stable, which
// unique numbers do not notice; with the row in the low bits ties fall into place by themselves.
// What the leading bits leave undecided stands in runs, which are sorted by the bits that follow:
// at least 32 of 64 bits fit at first, so a word needs two rounds at most.
#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>

#include "base/result.hpp"
#include "ops/sort/argsort/argsort.hpp"
#include "ops/table/buffer.hpp"

namespace weir::ops {
namespace {

constexpr std::size_t kSmallRun = 24;

class RowSorter {
 public:
  explicit RowSorter(const Argsort::Args& args) : args_(args) {}

  // Orders all rows; `rows` needs no contents.
  void sort_all(std::uint32_t* rows) {
    if (args_.rows <= kSmallRun) std::iota(rows, rows + args_.rows, 0U);
    sort_run(rows, args_.rows, 0, true);
  }

 private:
  std::uint64_t key(std::size_t word, std::uint32_t row) const {
    return args_.keys[word * args_.rows + row];
  }

  // Orders `count` rows, ascending among themselves, that agree in all words before `word`.
  // `identity`: they are rows 0 to count - 1, which more than a small run need not say.
  void sort_run(std::uint32_t* rows, std::size_t count, std::size_t word, bool identity) {
    if (count <= kSmallRun) return insertion_sort(rows, count, word);
    std::uint64_t least = 0;
    unsigned width = 0;
    for (; word < args_.words; ++word) {
      least = range(rows, count, word, identity, width);
      if (width != 0) break;
    }
    if (word == args_.words) {
      if (identity) std::iota(rows, rows + count, 0U);
      return;
    }
    const auto place_bits = static_cast<unsigned>(std::bit_width(count - 1));
    const unsigned shift = width + place_bits <= 64 ? 0 : width + place_bits - 64;
    Buffer<std::uint64_t> packed(count);
    pack(rows, count, word, identity, least, shift, place_bits, packed.data());
    sorter_(packed.data(), count, hwy::SortAscending());
    const bool decided = unpack(rows, count, identity, place_bits, packed.data());
    if (decided || (shift == 0 && word + 1 == args_.words)) return;
    for (std::size_t begin = 0; begin + 1 < count;) {
      std::size_t end = begin + 1;
      while (end < count && packed[end] >> place_bits == packed[begin] >> place_bits) ++end;
      // Rows that agree in the leading bits differ in fewer than `shift` bits of the same word.
      if (end - begin > 1) sort_run(rows + begin, end - begin, word + (shift == 0 ? 1 : 0), false);
      begin = end;
    }
  }

  std::uint64_t range(const std::uint32_t* rows, std::size_t count, std::size_t word, bool identity,
                      unsigned& width) const {
    const std::uint64_t* keys = args_.keys.data() + word * args_.rows;
    std::uint64_t least = ~std::uint64_t{0};
    std::uint64_t most = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t k = keys[identity ? i : rows[i]];
      least = std::min(least, k);
      most = std::max(most, k);
    }
    width = static_cast<unsigned>(std::bit_width(most - least));
    return least;
  }

  void pack(const std::uint32_t* rows, std::size_t count, std::size_t word, bool identity,
            std::uint64_t least, unsigned shift, unsigned place_bits, std::uint64_t* packed) const {
    const std::uint64_t* keys = args_.keys.data() + word * args_.rows;
    if (identity) {
      for (std::size_t i = 0; i < count; ++i) {
        packed[i] = (keys[i] - least) >> shift << place_bits | i;
      }
    } else {
      for (std::size_t i = 0; i < count; ++i) {
        packed[i] = (keys[rows[i]] - least) >> shift << place_bits | i;
      }
    }
  }

  // Returns whether no two rows have the same leading bits.
  static bool unpack(std::uint32_t* rows, std::size_t count, bool identity, unsigned place_bits,
                     const std::uint64_t* packed) {
    const std::uint64_t mask = (std::uint64_t{1} << place_bits) - 1;
    if (!identity) {
      Buffer<std::uint32_t> before(count);
      std::copy_n(rows, count, before.data());
      for (std::size_t i = 0; i < count; ++i) rows[i] = before[packed[i] & mask];
      return false;  // a run is short: looking for runs in it costs no more than asking
    }
    rows[0] = static_cast<std::uint32_t>(packed[0] & mask);
    std::size_t equal = 0;
    for (std::size_t i = 1; i < count; ++i) {
      rows[i] = static_cast<std::uint32_t>(packed[i] & mask);
      equal += (packed[i] ^ packed[i - 1]) <= mask ? 1 : 0;
    }
    return equal == 0;
  }

  void insertion_sort(std::uint32_t* rows, std::size_t count, std::size_t word) const {
    for (std::size_t i = 1; i < count; ++i) {
      const std::uint32_t row = rows[i];
      std::size_t j = i;
      for (; j > 0 && less(row, rows[j - 1], word); --j) rows[j] = rows[j - 1];
      rows[j] = row;
    }
  }

  bool less(std::uint32_t a, std::uint32_t b, std::size_t word) const {
    for (; word < args_.words; ++word) {
      if (key(word, a) != key(word, b)) return key(word, a) < key(word, b);
    }
    return false;
  }

  const Argsort::Args& args_;
  hwy::Sorter sorter_;
};

}  // namespace

Status Argsort::cpu(CpuRun&, const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  RowSorter(args).sort_all(out.rows.data());
  return Status::ok();
}

}  // namespace weir::ops
