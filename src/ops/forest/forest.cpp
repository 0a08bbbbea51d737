#include "ops/forest/forest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/check.hpp"
#include "base/numeric/elementary.hpp"

namespace weir::ops {
namespace {

constexpr std::uint32_t kMagic = 0x54524657;  // "WFRT"
constexpr std::uint32_t kFormatVersion = 1;
constexpr double kEulerGamma = 0.5772156649015329;
constexpr std::uint32_t kScaleBitsMin = 16;
constexpr std::uint32_t kScaleBitsMax = 19;
constexpr std::size_t kNodesMax = std::size_t{1} << 28;

Status bad_node(std::size_t tree, std::size_t node, std::string_view what) {
  return invalid_argument("forest_malformed", "tree " + std::to_string(tree) + " node " +
                                                  std::to_string(node) + ": " + std::string(what));
}

// Visits one tree from the root; `order` becomes its nodes, each after its parent, with their
// depths.
Status walk_tree(const Forest& forest, std::size_t tree, std::vector<std::uint32_t>& order,
                 std::vector<std::uint32_t>& depth) {
  const std::uint32_t first = forest.begin[tree];
  const auto count = static_cast<std::uint32_t>(forest.nodes_of(tree));
  constexpr std::uint32_t kUnseen = 0xFFFFFFFFU;
  depth.assign(count, kUnseen);
  order.assign(1, 0);
  depth[0] = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t node = order[i];
    if (forest.feature[first + node] < 0) continue;
    for (const std::uint32_t child : {forest.left[first + node], forest.right[first + node]}) {
      if (child >= count)
        return bad_node(tree, node, "child " + std::to_string(child) + " is out of range");
      if (depth[child] != kUnseen) {
        return bad_node(tree, node, "child " + std::to_string(child) + " closes a cycle");
      }
      depth[child] = depth[node] + 1;
      order.push_back(child);
    }
  }
  if (order.size() != count) {
    const auto lost = std::find(depth.begin(), depth.end(), kUnseen) - depth.begin();
    return bad_node(tree, static_cast<std::size_t>(lost), "cannot be reached from the root");
  }
  return Status::ok();
}

Status check_node(const Forest& forest, std::size_t tree, std::size_t node) {
  const std::size_t at = forest.begin[tree] + node;
  if (forest.rows[at] < 1) return bad_node(tree, node, "n is 0");
  if (forest.feature[at] < 0) return Status::ok();
  if (static_cast<std::uint32_t>(forest.feature[at]) >= forest.columns) {
    return bad_node(
        tree, node,
        "feature " + std::to_string(forest.feature[at]) + " of " + std::to_string(forest.columns));
  }
  if (!std::isfinite(forest.threshold[at])) return bad_node(tree, node, "threshold is not finite");
  return Status::ok();
}

// Returns the path length of each leaf, in f64; 0 elsewhere.
std::vector<double> leaf_paths(const Forest& forest) {
  std::vector<double> path(forest.nodes());
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> depth;
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    CHECK(walk_tree(forest, tree, order, depth).is_ok());
    for (const std::uint32_t node : order) {
      const std::size_t at = forest.begin[tree] + node;
      if (forest.feature[at] < 0) path[at] = depth[node] + average_path_length(forest.rows[at]);
    }
  }
  return path;
}

void choose_scale(Forest& forest, const std::vector<double>& path) {
  double sum_of_largest = 0;
  double largest = 0;
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    const auto from = path.begin() + forest.begin[tree];
    const double tree_largest = *std::max_element(from, path.begin() + forest.begin[tree + 1]);
    sum_of_largest += tree_largest;
    largest = std::max(largest, tree_largest);
  }
  for (std::uint32_t bits = kScaleBitsMax; bits >= kScaleBitsMin; --bits) {
    if (sum_of_largest < std::ldexp(1.0, 31 - static_cast<int>(bits)) - 1 &&
        largest < std::ldexp(1.0, 24 - static_cast<int>(bits)) - 1) {
      forest.scale_bits = bits;
      forest.wide = false;
      return;
    }
  }
  forest.scale_bits = kScaleBitsMin;
  forest.wide = true;
}

}  // namespace

double average_path_length(std::uint64_t n) {
  if (n <= 1) return 0;
  if (n == 2) return 1;
  const auto x = static_cast<double>(n);
  return 2 * (numeric::ln(x - 1) + kEulerGamma) - 2 * (x - 1) / x;
}

double Forest::score(double raw) const {
  const double c = average_path_length(psi);
  if (c == 0) return 0.5;
  return numeric::exp2(raw / (static_cast<double>(trees()) * c));
}

Status check_forest(const Forest& forest) {
  if (forest.trees() == 0) return invalid_argument("forest_empty", "the forest has no trees");
  if (forest.trees() > kForestTreesMax) {
    return invalid_argument("forest_trees", std::to_string(forest.trees()) + " trees, at most " +
                                                std::to_string(kForestTreesMax));
  }
  if (forest.columns == 0 || forest.columns > kForestColumnsMax) {
    return invalid_argument("forest_columns", std::to_string(forest.columns) + " columns, 1 to " +
                                                  std::to_string(kForestColumnsMax));
  }
  if (!forest.names.empty() && forest.names.size() != forest.columns) {
    return invalid_argument("forest_names", std::to_string(forest.names.size()) + " names for " +
                                                std::to_string(forest.columns) + " columns");
  }
  const std::size_t nodes = forest.nodes();
  if (forest.threshold.size() != nodes || forest.left.size() != nodes ||
      forest.right.size() != nodes || forest.rows.size() != nodes || forest.begin.front() != 0 ||
      forest.begin.back() != nodes) {
    return invalid_argument("forest_malformed", "the node arrays differ in length");
  }
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> depth;
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    if (forest.begin[tree] >= forest.begin[tree + 1] || forest.begin[tree + 1] > nodes) {
      return bad_node(tree, 0, "the tree has no nodes");
    }
    for (std::size_t node = 0; node < forest.nodes_of(tree); ++node) {
      WEIR_TRY(check_node(forest, tree, node));
    }
    WEIR_TRY(walk_tree(forest, tree, order, depth));
  }
  return Status::ok();
}

void finish_forest(Forest& forest) {
  const std::vector<double> path = leaf_paths(forest);
  choose_scale(forest, path);
  const double unit = std::ldexp(1.0, static_cast<int>(forest.scale_bits));
  forest.mean_path.assign(forest.nodes(), 0.0F);
  std::vector<double> mean(forest.nodes());
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> depth;
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    CHECK(walk_tree(forest, tree, order, depth).is_ok());
    const std::uint32_t first = forest.begin[tree];
    for (std::size_t i = order.size(); i-- > 0;) {
      const std::size_t at = first + order[i];
      if (forest.feature[at] < 0) {
        mean[at] = std::floor(path[at] * unit + 0.5) / unit;
      } else {
        const std::size_t l = first + forest.left[at];
        const std::size_t r = first + forest.right[at];
        const double rows_l = forest.rows[l];
        const double rows_r = forest.rows[r];
        mean[at] = (mean[l] * rows_l + mean[r] * rows_r) / (rows_l + rows_r);
      }
      forest.mean_path[at] = static_cast<float>(mean[at]);
    }
  }
}

namespace {

// Trees are walked side by side: each step waits for memory, and so they wait together.
constexpr std::size_t kWalks = 10;

class Walk {
 public:
  Walk() = default;
  Walk(const Forest& forest, std::size_t tree)
      : first_(forest.begin[tree]), at_(forest.begin[tree]) {}

  // Goes down one level; false at a leaf, or where the notes are full.
  bool step(const Forest& forest, const ColumnsView& rows, std::size_t row) {
    if (forest.feature[at_] < 0 || notes_ == kNotes) return false;
    note_[notes_++] = go_down(forest, rows, row);
    return true;
  }
  // Adds what was noted, and goes the rest of the way.
  void finish(const Forest& forest, const ColumnsView& rows, std::size_t row,
              std::span<double> out) {
    for (std::size_t i = 0; i < notes_; ++i) out[note_[i].feature] += note_[i].shortened;
    while (forest.feature[at_] >= 0) {
      const Note note = go_down(forest, rows, row);
      out[note.feature] += note.shortened;
    }
  }

 private:
  struct Note {
    std::size_t feature;
    double shortened;
  };
  static constexpr std::size_t kNotes = 16;

  Note go_down(const Forest& forest, const ColumnsView& rows, std::size_t row) {
    const auto feature = static_cast<std::size_t>(forest.feature[at_]);
    const bool goes_left = rows.at(row, feature) <= forest.threshold[at_];
    const std::size_t child = first_ + (goes_left ? forest.left[at_] : forest.right[at_]);
    const double shortened = double{forest.mean_path[at_]} - double{forest.mean_path[child]};
    at_ = child;
    return {feature, shortened};
  }

  std::size_t first_ = 0;
  std::size_t at_ = 0;
  std::size_t notes_ = 0;
  std::array<Note, kNotes> note_;
};

}  // namespace

void forest_contributions(const Forest& forest, const ColumnsView& rows, std::size_t row,
                          std::span<double> out) {
  CHECK_GE(rows.columns, forest.columns);
  CHECK_GE(out.size(), forest.columns);
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t tree = 0; tree < forest.trees(); tree += kWalks) {
    const std::size_t count = std::min(kWalks, forest.trees() - tree);
    std::array<Walk, kWalks> walks;
    for (std::size_t w = 0; w < count; ++w) walks[w] = Walk(forest, tree + w);
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t w = 0; w < count; ++w) moved |= walks[w].step(forest, rows, row);
    }
    // Tree by tree, so that the sums round as they would one tree after the other.
    for (std::size_t w = 0; w < count; ++w) walks[w].finish(forest, rows, row, out);
  }
}

void Forest::serialize(ByteWriter& out) const {
  out.u32(kMagic);
  out.u32(kFormatVersion);
  out.u32(columns);
  out.u32(psi);
  out.f64(offset);
  out.u32(scale_bits);
  out.u8(wide ? 1 : 0);
  out.u32(static_cast<std::uint32_t>(names.size()));
  for (const std::string& name : names) out.text(name);
  out.array(std::span<const std::uint32_t>(begin));
  out.array(std::span<const std::int32_t>(feature));
  out.array(std::span<const float>(threshold));
  out.array(std::span<const std::uint32_t>(left));
  out.array(std::span<const std::uint32_t>(right));
  out.array(std::span<const std::uint32_t>(rows));
  out.array(std::span<const float>(mean_path));
}

namespace {

// Path lengths that are no multiples of the unit would break the exact sum.
Status check_paths(const Forest& forest) {
  const double unit = std::ldexp(1.0, static_cast<int>(forest.scale_bits));
  std::vector<double> path(forest.nodes());
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    for (std::size_t at = forest.begin[tree]; at < forest.begin[tree + 1]; ++at) {
      const double value = forest.mean_path[at];
      if (!std::isfinite(value) || value < 0) {
        return bad_node(tree, at - forest.begin[tree], "mean path length out of range");
      }
      if (forest.feature[at] >= 0) continue;
      if (std::floor(value * unit) != value * unit) {
        return bad_node(tree, at - forest.begin[tree], "path length is no multiple of the unit");
      }
      path[at] = value;
    }
  }
  Forest probe;
  probe.begin = forest.begin;
  choose_scale(probe, path);
  if (probe.scale_bits < forest.scale_bits || (probe.wide && !forest.wide)) {
    return invalid_argument("forest_scale", "path lengths overflow their unit");
  }
  return Status::ok();
}

}  // namespace

Result<Forest> Forest::deserialize(ByteReader& in) {
  const auto malformed = [](std::string_view what) {
    return fail(invalid_argument("forest_malformed", std::string(what)));
  };
  if (in.u32() != kMagic) return malformed("not a forest");
  if (const std::uint32_t version = in.u32(); version != kFormatVersion) {
    return malformed("forest format " + std::to_string(version) + ", known is 1");
  }
  Forest forest;
  forest.columns = in.u32();
  forest.psi = in.u32();
  forest.offset = in.f64();
  forest.scale_bits = in.u32();
  const std::uint8_t wide = in.u8();
  forest.wide = wide == 1;
  const std::uint32_t names = in.u32();
  if (names > kForestColumnsMax) return malformed("too many names");
  for (std::uint32_t i = 0; i < names && in.ok(); ++i) forest.names.emplace_back(in.text());
  in.array(forest.begin);
  in.array(forest.feature);
  in.array(forest.threshold);
  in.array(forest.left);
  in.array(forest.right);
  in.array(forest.rows);
  in.array(forest.mean_path);
  if (!in.ok()) return malformed("the forest is cut short");
  if (wide > 1 || forest.scale_bits < kScaleBitsMin || forest.scale_bits > kScaleBitsMax ||
      !std::isfinite(forest.offset) || forest.psi > kForestPsiMax) {
    return malformed("scale, offset or psi out of range");
  }
  if (forest.nodes() > kNodesMax || forest.mean_path.size() != forest.nodes()) {
    return malformed("the node arrays differ in length");
  }
  WEIR_TRY(check_forest(forest));
  WEIR_TRY(check_paths(forest));
  return forest;
}

}  // namespace weir::ops
