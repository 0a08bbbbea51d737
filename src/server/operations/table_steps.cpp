#include "server/operations/table_steps.hpp"

#include <string>

#include "server/operations/json_table.hpp"

namespace weir::server {
namespace {

using simdjson::dom::element;

constexpr std::uint64_t kRowsMax = 0xFFFF'FFFE;

// Reads the members of one step.
class Reader {
 public:
  Reader(const Params& step, const std::string& where) : step_(step), where_(where) {}

  Result<ops::Step> step() const;

 private:
  Status wrong(std::string_view member, std::string_view expected) const {
    const std::string at = where_ + "." + std::string(member);
    return invalid_argument("field_type", at + " must be " + std::string(expected)).at(at);
  }
  // Puts the step's place before what an error names.
  template <class T>
  Result<T> placed(Result<T> result, std::string_view member) const {
    if (result) return result;
    const Status inner(result.error());
    return fail(Status(inner).at(where_ + "." + std::string(member)));
  }
  Result<ops::Expression> expression(const element& value, std::string_view member) const {
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
      return placed(ops::Expression::parse(text), member);
    }
    if (!value.is_object()) return fail(wrong(member, "an expression: a text or {op, args}"));
    return placed(ops::Expression::parse_json(simdjson::minify(value)), member);
  }
  Result<simdjson::dom::array> array(std::string_view member) const {
    return placed(step_.array({member}), member);
  }
  Result<simdjson::dom::object> object(std::string_view member) const {
    const auto value = step_.find({member});
    simdjson::dom::object out;
    if (!value || value->get_object().get(out) != simdjson::SUCCESS) {
      return fail(wrong(member, "an object"));
    }
    return out;
  }
  Result<std::size_t> rows(std::string_view member, std::uint64_t fallback) const {
    WEIR_ASSIGN(const std::uint64_t n, placed(step_.u64_or({member}, fallback, kRowsMax), member));
    return static_cast<std::size_t>(n);
  }
  Result<std::vector<ops::SortKey>> sort_keys() const;
  Result<std::vector<ops::NamedExpression>> group_keys() const;
  Result<std::vector<ops::NamedAggregate>> aggregates() const;
  Result<ops::Step> map() const;
  Result<ops::Step> select() const;
  Result<ops::Step> distinct() const;
  Result<ops::Step> join() const;

  const Params& step_;
  const std::string& where_;
};

Result<std::vector<ops::SortKey>> Reader::sort_keys() const {
  WEIR_ASSIGN(const simdjson::dom::array by, array("by"));
  std::vector<ops::SortKey> keys;
  for (const element item : by) {
    ops::SortKey key;
    element inner;
    if (item.at_key("expr").get(inner) == simdjson::SUCCESS) {
      const Params params(item.get_object().value_unsafe());
      WEIR_ASSIGN(key.by, expression(inner, "by"));
      WEIR_ASSIGN(key.descending, placed(params.flag_or({"desc"}, false), "by"));
      WEIR_ASSIGN(const std::string nulls,
                  placed(params.choice_or({"nulls"}, "first|last", "last"), "by"));
      key.nulls_first = nulls == "first";
    } else {
      WEIR_ASSIGN(key.by, expression(item, "by"));
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return fail(wrong("by", "an array of at least one expression"));
  return keys;
}

Result<std::vector<ops::NamedExpression>> Reader::group_keys() const {
  WEIR_ASSIGN(const simdjson::dom::array by, array("by"));
  std::vector<ops::NamedExpression> keys;
  for (const element item : by) {
    WEIR_ASSIGN(ops::Expression key, expression(item, "by"));
    const std::string_view column = key.column_name();
    std::string name = column.empty() ? key.print() : std::string(column);
    keys.push_back({std::move(name), std::move(key)});
  }
  return keys;
}

Result<std::vector<ops::NamedAggregate>> Reader::aggregates() const {
  WEIR_ASSIGN(const simdjson::dom::object set, object("aggregates"));
  std::vector<ops::NamedAggregate> out;
  for (const auto field : set) {
    std::string_view text;
    const std::string member = "aggregates." + std::string(field.key);
    if (field.value.get_string().get(text) != simdjson::SUCCESS) {
      return fail(wrong(member, "a text like sum(amount)"));
    }
    WEIR_ASSIGN(ops::Aggregate one, placed(ops::Aggregate::parse(text), member));
    out.push_back({std::string(field.key), std::move(one)});
  }
  return out;
}

Result<ops::Step> Reader::map() const {
  WEIR_ASSIGN(const simdjson::dom::object set, object("set"));
  ops::MapStep step;
  for (const auto field : set) {
    WEIR_ASSIGN(ops::Expression value, expression(field.value, "set." + std::string(field.key)));
    step.set.push_back({std::string(field.key), std::move(value)});
  }
  return step;
}

Result<ops::Step> Reader::select() const {
  WEIR_ASSIGN(const simdjson::dom::array columns, array("columns"));
  ops::SelectStep step;
  for (const element item : columns) {
    std::string_view name;
    if (item.get_string().get(name) != simdjson::SUCCESS) {
      return fail(wrong("columns", "an array of names"));
    }
    step.columns.emplace_back(name);
  }
  return step;
}

Result<ops::Step> Reader::distinct() const {
  ops::DistinctStep step;
  if (!step_.has("by")) return step;
  WEIR_ASSIGN(const simdjson::dom::array by, array("by"));
  for (const element item : by) {
    WEIR_ASSIGN(ops::Expression key, expression(item, "by"));
    step.by.push_back(std::move(key));
  }
  return step;
}

Result<ops::Step> Reader::join() const {
  ops::JoinStep step;
  const auto with = step_.find({"with"});
  if (!with) return fail(wrong("with", "an array of rows or {columns}"));
  WEIR_ASSIGN(step.with, read_table(*with, where_ + ".with"));
  WEIR_ASSIGN(const simdjson::dom::array on, array("on"));
  for (const element item : on) {
    // A text is the name of the column on both sides.
    std::string_view left;
    std::string_view right;
    simdjson::dom::array pair;
    const bool one = item.get_string().get(left) == simdjson::SUCCESS;
    if (one) right = left;
    if (!one && (item.get_array().get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
                 pair.at(0).get_string().get(left) != simdjson::SUCCESS ||
                 pair.at(1).get_string().get(right) != simdjson::SUCCESS)) {
      return fail(wrong("on", "an array of names or pairs of names"));
    }
    step.on.emplace_back(left, right);
  }
  WEIR_ASSIGN(const std::string kind,
              placed(step_.choice_or({"kind"}, "inner|left|semi|anti", "inner"), "kind"));
  step.kind = kind == "left"   ? ops::JoinKind::kLeft
              : kind == "semi" ? ops::JoinKind::kSemi
              : kind == "anti" ? ops::JoinKind::kAnti
                               : ops::JoinKind::kInner;
  return step;
}

Result<ops::Step> Reader::step() const {
  WEIR_ASSIGN(const std::string op, placed(step_.text({"op"}), "op"));
  if (op == "filter") {
    const auto where = step_.find({"where"});
    if (!where) return fail(wrong("where", "an expression: a text or {op, args}"));
    WEIR_ASSIGN(ops::Expression condition, expression(*where, "where"));
    return ops::FilterStep{std::move(condition)};
  }
  if (op == "map") return map();
  if (op == "select") return select();
  if (op == "sort") {
    WEIR_ASSIGN(std::vector<ops::SortKey> by, sort_keys());
    return ops::SortStep{std::move(by)};
  }
  if (op == "top_k" || op == "limit") {
    if (!step_.has("k")) return fail(wrong("k", "a number of rows"));
    WEIR_ASSIGN(const std::size_t k, rows("k", 0));
    WEIR_ASSIGN(const std::size_t offset, rows("offset", 0));
    if (op == "limit") return ops::LimitStep{k, offset};
    WEIR_ASSIGN(std::vector<ops::SortKey> by, sort_keys());
    return ops::TopKStep{std::move(by), k};
  }
  if (op == "group") {
    ops::GroupStep step;
    WEIR_ASSIGN(step.by, group_keys());
    WEIR_ASSIGN(step.aggregates, aggregates());
    return step;
  }
  if (op == "aggregate") {
    WEIR_ASSIGN(std::vector<ops::NamedAggregate> all, aggregates());
    return ops::AggregateStep{std::move(all)};
  }
  if (op == "distinct") return distinct();
  if (op == "join") return join();
  return fail(
      invalid_argument("choice", where_ + ".op is \"" + op + "\"")
          .at(where_ + ".op")
          .hint("use one of filter, map, select, sort, top_k, limit, group, aggregate, distinct, "
                "join"));
}

}  // namespace

Result<ops::Step> read_step(const Params& step, const std::string& where) {
  return Reader(step, where).step();
}

}  // namespace weir::server
