#include "ops/table/join_tables.hpp"

#include <algorithm>
#include <functional>

#include "ops/table/at_member.hpp"
#include "ops/table/key.hpp"
#include "ops/table/order.hpp"

namespace weir::ops {
namespace {

// Bits of the rows all of whose keys have values; empty if all rows' have.
Buffer<std::uint64_t> all_valid(std::span<const Column* const> keys, std::size_t rows) {
  Buffer<std::uint64_t> out;
  for (const Column* key : keys) {
    if (!key->nullable()) continue;
    if (out.empty()) {
      out.resize((rows + 63) / 64);
      out.fill(~std::uint64_t{0});
    }
    for (std::size_t word = 0; word < out.size(); ++word) out[word] &= key->validity()[word];
  }
  return out;
}

// Makes one word of several, alike for both tables.
Status reduce(OpRunner& run, KeyPair& keys, std::size_t left_rows, std::size_t right_rows) {
  if (keys.left.count == 1) return Status::ok();
  const std::size_t rows = left_rows + right_rows;
  WEIR_TRY(check_rows(rows));
  KeyWords both{Buffer<std::uint64_t>(keys.left.count * rows), keys.left.count};
  for (std::size_t w = 0; w < both.count; ++w) {
    std::uint64_t* const to = both.words.data() + w * rows;
    std::copy_n(keys.left.words.data() + w * left_rows, left_rows, to);
    std::copy_n(keys.right.words.data() + w * right_rows, right_rows, to + left_rows);
  }
  WEIR_ASSIGN(const GroupedRows groups, grouped_words(run, both, rows));
  keys.left = {Buffer<std::uint64_t>(left_rows), 1};
  keys.right = {Buffer<std::uint64_t>(right_rows), 1};
  std::copy_n(groups.ids.data(), left_rows, keys.left.words.data());
  std::copy_n(groups.ids.data() + left_rows, right_rows, keys.right.words.data());
  return Status::ok();
}

Status add_right(Workers& workers, const Table& right,
                 std::span<const std::pair<std::string, std::string>> on,
                 std::span<const std::uint32_t> rows, Table& out) {
  for (const Table::Named& named : right.columns()) {
    const bool repeats_key = std::any_of(on.begin(), on.end(), [&](const auto& pair) {
      return pair.second == named.name && pair.first == named.name;
    });
    if (repeats_key) continue;
    WEIR_TRY(out.add(named.name, take(*named.column, rows, &workers)));
  }
  return Status::ok();
}

// Bytes that a row of the answer takes at most: its numbers in both tables, and its values.
std::size_t row_bytes(const Table& left, const Table& right, JoinKind kind) {
  std::size_t bytes = 2 * sizeof(std::uint32_t);
  const auto add = [&](const Table& table) {
    for (const Table::Named& named : table.columns()) {
      bytes += column_value_bytes(named.column->type().kind) + 1;  // the bits of its validity
    }
  };
  add(left);
  if (kind == JoinKind::kInner || kind == JoinKind::kLeft) add(right);
  return bytes;
}

// Books the memory of a join's rows: a few keys that many rows share come to more of them than
// there is memory for.
class JoinBook {
 public:
  JoinBook(OpRunner& run, std::size_t row_bytes) : run_(run), row_bytes_(row_bytes) {}

  Status admit(std::size_t rows) {
    const std::size_t bytes = rows * row_bytes_;
    if (bytes <= booked_) return Status::ok();
    if (Status booked = run_.reserve(bytes - booked_); !booked.is_ok()) {
      return Status(booked.code(), booked.reason(),
                    "the join comes to " + std::to_string(rows) + " rows: " + booked.message())
          .at("on")
          .hint("filter one of the tables first, join on more columns, or " +
                (booked.error().hint.empty() ? "ask for less" : booked.error().hint));
    }
    booked_ = bytes;
    return Status::ok();
  }

 private:
  OpRunner& run_;
  const std::size_t row_bytes_;
  std::size_t booked_ = 0;
};

}  // namespace

Result<Table> join_tables(OpRunner& run, const Table& left, const Table& right,
                          std::span<const std::pair<std::string, std::string>> on, JoinKind kind) {
  if (on.empty()) {
    return fail(invalid_argument("join_keys", "a join without columns to match")
                    .at("on")
                    .hint("name a left and a right column"));
  }
  std::vector<const Column*> left_keys;
  std::vector<const Column*> right_keys;
  for (const auto& [left_name, right_name] : on) {
    left_keys.push_back(left.find(left_name));
    right_keys.push_back(right.find(right_name));
    if (left_keys.back() == nullptr) return fail(unknown_column(left, left_name).at("on"));
    if (right_keys.back() == nullptr) return fail(unknown_column(right, right_name).at("on"));
  }
  WEIR_ASSIGN(KeyPair keys,
              at_member("on", encode_key_pair(left_keys, right_keys, left.rows(), right.rows())));
  WEIR_TRY(reduce(run, keys, left.rows(), right.rows()));
  const Buffer<std::uint64_t> left_valid = all_valid(left_keys, left.rows());
  const Buffer<std::uint64_t> right_valid = all_valid(right_keys, right.rows());
  JoinBook book(run, row_bytes(left, right, kind));
  const std::function<Status(std::size_t)> admit = [&](std::size_t n) { return book.admit(n); };
  const JoinMatch::Args args{keys.left.words.span(),
                             keys.right.words.span(),
                             left_valid.span(),
                             right_valid.span(),
                             kind,
                             &admit};
  JoinMatch::Output rows;
  WEIR_TRY(run.run<JoinMatch>(args, rows));
  Table out = take(left, rows.left_rows.span(), &run.workers());
  if (kind == JoinKind::kSemi || kind == JoinKind::kAnti) return out;
  WEIR_TRY(at_member("with", add_right(run.workers(), right, on, rows.right_rows.span(), out)));
  return out;
}

}  // namespace weir::ops
