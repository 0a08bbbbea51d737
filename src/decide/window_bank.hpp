// WindowBank: the windows of the rules in force: their tables, whether they are warm, and their
// columns for the chunk at hand.
//
//   bank.set_rules(rules);                                        // tables of equal text are kept
//   WEIR_TRY(bank.run(linked, input, begin, rows, columns));      // after columns.bind()
//   bank.warm_row(window);  // first row of the chunk it counts for
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/aligned.hpp"
#include "base/page_populator.hpp"
#include "decide/inputs.hpp"
#include "decide/window/keyed_windows.hpp"
#include "decide/window_pieces.hpp"

namespace weir::decide {

class WindowBank {
 public:
  void set_rules(const RuleSet& rules);
  // Sizes what a program's outputs need; call after every link.
  void set_program(const LinkedRules& linked);
  // Makes room to keep the values of a batch.
  void begin_batch(std::size_t rows);
  // Feeds rows [begin, begin + rows) to all windows and gives `columns` their values.
  Status run(const LinkedRules& linked, const DecideInput& in, std::size_t begin, std::size_t rows,
             InputColumns& columns);

  // Returns the first row of the last chunk for which the window had seen W of event time.
  std::size_t warm_row(std::size_t window) const { return windows_[window]->warm_row; }
  bool all_warm() const { return all_warm_; }
  void mark_warm();
  std::vector<Decider::WindowStats> stats() const;

  // As run(), for rows that come again after load(): only what is behind them moves on.
  Status run_behind(const LinkedRules& linked, const DecideInput& in, std::size_t begin,
                    std::size_t rows, InputColumns& columns, const BlockAgain& again);

  // How far the windows have come, but not what they hold.
  void save_progress(ByteWriter& out) const;
  Status load_progress(ByteReader& in);
  // What they hold, as WindowPieces saves it; unchanged on data_loss.
  Status load(ByteReader& in);
  WindowLayout layout() const;
  std::size_t groups() const { return groups_.size(); }
  const KeyedWindows& keyed(std::size_t group) const { return *groups_[group].windows; }

 private:
  struct Window {
    std::string text;
    std::string name;
    WindowSpec spec;
    std::int64_t started_us = -1;  // event time of the first row seen
    bool warm = false;
    std::size_t warm_row = 0;
    // Where its state lies.
    std::size_t group = 0;
    std::size_t member = 0;
    // For one batch and one chunk.
    std::vector<std::uint64_t> values;  // [batch rows]
    std::vector<std::uint8_t> valid;    // [batch rows]
    std::vector<std::uint64_t> bits;    // [batch rows / 64]
    std::vector<std::uint64_t> filter;  // [kChunkWords]
    std::vector<std::uint64_t> value_bits;
    std::vector<std::uint8_t> include;  // [kChunkRows]
    std::vector<std::uint64_t> words;   // [kChunkRows] values to feed
    std::vector<std::uint8_t> ahead;    // ranges of slots, of a block that comes again
    std::vector<std::string_view> texts;
  };
  // Windows with the same key that may forget it at about the same time.
  struct Group {
    std::vector<RuleField> key;
    std::int64_t idle_us = 0;
    std::unique_ptr<KeyedWindows> windows;
    std::vector<std::size_t> members;  // their places in windows_
    std::vector<WindowUse> uses;
  };
  using Columns = std::map<std::string, std::unique_ptr<WindowColumn>>;
  struct KeyColumn {
    RuleField field;
    std::vector<std::uint64_t> words;  // [kChunkRows]
  };
  Group& group_of(const RuleWindow& of, std::vector<Group>& before);
  void size_buffers(Window& window, const RuleWindow& of) const;
  const std::uint64_t* key_column(RuleField field) const;
  void gather(const DecideInput& in, std::size_t begin, std::size_t rows);
  Status prepare(const LinkedRules& linked, const DecideInput& in, std::size_t begin,
                 std::size_t rows, InputColumns& columns);
  void feed(Group& group, std::size_t rows) const;
  void find_warm_row(Window& window, std::size_t rows) const;
  void prepare_use(Window& window, const RuleWindow& of, std::size_t begin, std::size_t rows);
  void mark_ahead(std::size_t group, const BlockAgain& again);
  const std::uint8_t* included(Window& window, const RuleWindow& of, std::size_t rows) const;
  void to_words(Window& window, const RuleWindow& of, std::size_t rows) const;

  const RuleSet* rules_ = nullptr;
  PagePopulator ahead_;
  std::vector<std::unique_ptr<Window>> windows_;  // in the order of RuleSet::windows
  std::vector<Group> groups_;
  std::vector<KeyColumn> keys_;
  std::vector<expr::OutputView> outputs_;
  std::unique_ptr<expr::Scratch> scratch_;
  std::vector<std::int64_t> times_ = std::vector<std::int64_t>(kChunkRows);
  std::vector<std::int64_t> latest_ = std::vector<std::int64_t>(kChunkRows);  // running maximum
  std::int64_t watermark_us_ = -1;
  std::size_t batch_rows_ = 0;
  bool all_warm_ = true;
};

}  // namespace weir::decide
