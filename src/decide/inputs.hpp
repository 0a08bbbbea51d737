// InputColumns: the columns that the programs of a rule set read, for one chunk of a batch. Fields
// of the record are read in place; the others are made here, and only if a rule asks for them.
//
//   InputColumns inputs;
//   inputs.set_rules(rules);
//   inputs.bind(input, begin, rows, lists);              // then set_window() for each window
//   program.evaluate(inputs.views(), rows, scratch, outputs);
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/aligned.hpp"
#include "base/column.hpp"
#include "decide/decider.hpp"

namespace weir::decide {

inline constexpr std::size_t kChunkRows = expr::kBlockRows;
inline constexpr std::size_t kChunkWords = kChunkRows / 64;

// Packs 0/1 bytes into bits; bits beyond `rows` become 0.
void pack_bits(const std::uint8_t* bytes, std::size_t rows, std::uint64_t* words);

class InputColumns {
 public:
  // Sizes the buffers for what `rules` reads; the rules must outlive their use here.
  void set_rules(const RuleSet& rules);
  // Binds rows [begin, begin + rows), rows <= kChunkRows. `lists` may be null: nothing is on any
  // list.
  void bind(const DecideInput& in, std::size_t begin, std::size_t rows, ListIndex* lists);
  // Gives the column of a window; `bits` is its validity.
  void set_window(std::size_t window, const std::uint64_t* values, const std::uint64_t* bits);

  std::span<const ColumnView> views() const { return views_; }

 private:
  struct Made {
    AlignedBuffer<std::uint64_t> words;  // kChunkRows of f64, i64 or bytes
    AlignedBuffer<std::uint64_t> valid;  // kChunkWords
    std::vector<std::string_view> texts;
    std::vector<std::string> storage;
    double* reals() { return reinterpret_cast<double*>(words.data()); }
    std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(words.data()); }
  };
  bool wanted(expr::InputId input) const;
  Made& made(expr::InputId input);
  void set_null(expr::InputId input);
  void bind_score(const DecideInput& in, std::size_t begin, std::size_t rows);
  void bind_calendar(const DecideInput& in, std::size_t begin, std::size_t rows);
  void bind_balance(const DecideInput& in, std::size_t begin, std::size_t rows);
  void bind_texts(const DecideInput& in, std::size_t begin, std::size_t rows);
  void bind_detectors(const DecideInput& in, std::size_t begin, std::size_t rows);
  void bind_attrs(const DecideInput& in, std::size_t begin, std::size_t rows);
  void bind_attr(const RuleAttr& attr, const DecideInput& in, std::size_t begin, std::size_t rows);
  void bind_distance(const DecideInput& in, std::size_t begin, std::size_t rows);
  void bind_lists(const DecideInput& in, std::size_t begin, std::size_t rows, ListIndex* lists);

  const RuleSet* rules_ = nullptr;
  std::vector<ColumnView> views_;       // [inputs of the schema]
  std::vector<std::uint8_t> wanted_;    // [inputs of the schema]
  std::vector<std::uint32_t> made_of_;  // index into made_, or kNone
  std::vector<Made> made_;
  std::array<std::uint64_t, kChunkWords> all_null_{};
  std::string scratch_;
};

// Returns the text behind a code field of an event: "web", "USD", "DE", "transfer"; empty if none.
std::string_view code_text(RuleField field, const wire::Event& event,
                           const wire::Dictionary* dictionary, std::string& scratch);

}  // namespace weir::decide
