#include <simdjson.h>

#include <cmath>
#include <limits>
#include <string>

#include "ops/forest/forest.hpp"
#include "ops/forest/threshold.hpp"

namespace weir::ops {
namespace {

namespace json = simdjson::dom;

constexpr std::size_t kJsonBytesMax = std::size_t{1} << 30;

Status refuse(std::string message) {
  return invalid_argument("sklearn_json", std::move(message));
}

Status refuse(std::size_t tree, std::size_t node, std::string_view what) {
  return invalid_argument("forest_malformed", "tree " + std::to_string(tree) + " node " +
                                                  std::to_string(node) + ": " + std::string(what));
}

struct TreeArrays {
  json::array feature;
  json::array threshold;
  json::array left;
  json::array right;
  json::array rows;
};

Result<TreeArrays> tree_arrays(json::element tree, std::size_t number) {
  TreeArrays arrays;
  const auto read = [&](const char* key, json::array& to) {
    return tree[key].get(to) == simdjson::SUCCESS;
  };
  if (!read("feature", arrays.feature) || !read("threshold", arrays.threshold) ||
      !read("left", arrays.left) || !read("right", arrays.right) || !read("n", arrays.rows)) {
    return fail(refuse("tree " + std::to_string(number) +
                       ": feature, threshold, left, right and n must be arrays"));
  }
  const std::size_t nodes = arrays.feature.size();
  if (nodes == 0 || arrays.threshold.size() != nodes || arrays.left.size() != nodes ||
      arrays.right.size() != nodes || arrays.rows.size() != nodes) {
    return fail(refuse("tree " + std::to_string(number) + ": the arrays differ in length"));
  }
  return arrays;
}

// Reads the column subset of a tree; empty: all columns.
Result<std::vector<std::int64_t>> tree_subset(json::element tree, std::size_t number,
                                              std::uint32_t columns) {
  std::vector<std::int64_t> subset;
  json::element features;
  if (tree["features"].get(features) != simdjson::SUCCESS || features.is_null()) return subset;
  json::array list;
  if (features.get(list) != simdjson::SUCCESS) {
    return fail(refuse("tree " + std::to_string(number) + ": features must be an array or null"));
  }
  for (const json::element item : list) {
    std::int64_t column = 0;
    if (item.get(column) != simdjson::SUCCESS || column < 0 || column >= columns) {
      return fail(refuse("tree " + std::to_string(number) + ": features names no column"));
    }
    subset.push_back(column);
  }
  if (subset.empty()) {
    return fail(refuse("tree " + std::to_string(number) + ": features is empty"));
  }
  return subset;
}

class TreeReader {
 public:
  TreeReader(Forest& forest, std::size_t number, std::vector<std::int64_t> subset)
      : forest_(forest), number_(number), subset_(std::move(subset)) {}

  Status read(const TreeArrays& arrays) {
    auto threshold = arrays.threshold.begin();
    auto left = arrays.left.begin();
    auto right = arrays.right.begin();
    auto rows = arrays.rows.begin();
    for (const json::element feature : arrays.feature) {
      WEIR_TRY(add(feature, *threshold, *left, *right, *rows));
      ++threshold, ++left, ++right, ++rows, ++node_;
    }
    return Status::ok();
  }

 private:
  Status add(json::element feature, json::element threshold, json::element left,
             json::element right, json::element rows) {
    std::int64_t f = 0;
    std::int64_t l = 0;
    std::int64_t r = 0;
    std::int64_t n = 0;
    if (feature.get(f) != simdjson::SUCCESS || left.get(l) != simdjson::SUCCESS ||
        right.get(r) != simdjson::SUCCESS || rows.get(n) != simdjson::SUCCESS) {
      return refuse(number_, node_, "feature, left, right and n must be integers");
    }
    if (n < 1 || n > std::numeric_limits<std::int32_t>::max()) {
      return refuse(number_, node_, "n is " + std::to_string(n));
    }
    forest_.rows.push_back(static_cast<std::uint32_t>(n));
    if (l == -1 && r == -1) {
      push(-1, 0, 0, 0);
      return Status::ok();
    }
    double t = 0;
    if (threshold.get(t) != simdjson::SUCCESS || !std::isfinite(threshold_f32(t))) {
      return refuse(number_, node_, "threshold is not finite in f32");
    }
    const auto width =
        subset_.empty() ? std::int64_t{forest_.columns} : static_cast<std::int64_t>(subset_.size());
    if (f < 0 || f >= width) {
      return refuse(number_, node_,
                    "feature " + std::to_string(f) + " of " + std::to_string(width));
    }
    constexpr std::int64_t kChildMax = std::numeric_limits<std::int32_t>::max();
    if (l < 0 || r < 0 || l > kChildMax || r > kChildMax) {
      return refuse(number_, node_, "child is out of range");
    }
    const std::int64_t column = subset_.empty() ? f : subset_[static_cast<std::size_t>(f)];
    push(static_cast<std::int32_t>(column), threshold_f32(t), static_cast<std::uint32_t>(l),
         static_cast<std::uint32_t>(r));
    return Status::ok();
  }

  void push(std::int32_t feature, float threshold, std::uint32_t left, std::uint32_t right) {
    forest_.feature.push_back(feature);
    forest_.threshold.push_back(threshold);
    forest_.left.push_back(left);
    forest_.right.push_back(right);
  }

  Forest& forest_;
  const std::size_t number_;
  const std::vector<std::int64_t> subset_;
  std::size_t node_ = 0;
};

Status read_names(json::element root, Forest& forest) {
  json::element names;
  if (root["names"].get(names) != simdjson::SUCCESS || names.is_null()) return Status::ok();
  json::array list;
  if (names.get(list) != simdjson::SUCCESS) return refuse("names must be an array or null");
  for (const json::element item : list) {
    std::string_view name;
    if (item.get(name) != simdjson::SUCCESS) return refuse("a name is no text");
    forest.names.emplace_back(name);
  }
  return Status::ok();
}

Status read_header(json::element root, Forest& forest) {
  std::string_view format;
  std::string_view kind;
  std::int64_t version = 0;
  if (root["format"].get(format) != simdjson::SUCCESS || format != "weir.sklearn") {
    return refuse("format is not \"weir.sklearn\"");
  }
  if (root["version"].get(version) != simdjson::SUCCESS || version != 1) {
    return refuse("version is not 1");
  }
  if (root["class"].get(kind) != simdjson::SUCCESS || kind != "IsolationForest") {
    return refuse("class is not \"IsolationForest\"");
  }
  std::int64_t columns = 0;
  std::int64_t psi = 0;
  if (root["n_features"].get(columns) != simdjson::SUCCESS || columns < 1 ||
      columns > kForestColumnsMax) {
    return refuse("n_features must be 1 to " + std::to_string(kForestColumnsMax));
  }
  if (root["max_samples"].get(psi) != simdjson::SUCCESS || psi < 1 || psi > kForestPsiMax) {
    return refuse("max_samples must be 1 to " + std::to_string(kForestPsiMax));
  }
  if (root["offset"].get(forest.offset) != simdjson::SUCCESS) return refuse("offset is no number");
  forest.columns = static_cast<std::uint32_t>(columns);
  forest.psi = static_cast<std::uint32_t>(psi);
  return read_names(root, forest);
}

}  // namespace

Result<Forest> import_sklearn_json(std::string_view text) {
  if (text.size() > kJsonBytesMax) return fail(refuse("the text exceeds 1 GiB"));
  json::parser parser;
  json::element root;
  const simdjson::padded_string padded(text);
  if (const auto error = parser.parse(padded).get(root); error != simdjson::SUCCESS) {
    return fail(refuse(std::string("no JSON: ") + simdjson::error_message(error)));
  }
  if (!root.is_object()) return fail(refuse("the text is no JSON object"));
  Forest forest;
  WEIR_TRY(read_header(root, forest));
  json::array trees;
  if (root["trees"].get(trees) != simdjson::SUCCESS || trees.size() == 0) {
    return fail(refuse("there are no trees"));
  }
  forest.begin.push_back(0);
  for (const json::element tree : trees) {
    const std::size_t number = forest.trees();
    WEIR_ASSIGN(const TreeArrays arrays, tree_arrays(tree, number));
    WEIR_ASSIGN(std::vector<std::int64_t> subset, tree_subset(tree, number, forest.columns));
    WEIR_TRY(TreeReader(forest, number, std::move(subset)).read(arrays));
    forest.begin.push_back(static_cast<std::uint32_t>(forest.feature.size()));
  }
  WEIR_TRY(check_forest(forest));
  finish_forest(forest);
  return forest;
}

}  // namespace weir::ops
