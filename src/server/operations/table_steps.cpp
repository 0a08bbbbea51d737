#include "server/operations/table_steps.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "base/time_text.hpp"
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
  // Refuses a member without a name where names become columns.
  Status column_name(std::string_view member, std::string_view name) const {
    if (!name.empty()) return Status::ok();
    const std::string at = where_ + "." + std::string(member);
    return invalid_argument("field_name", at + " has a column without a name").at(at);
  }
  // Refuses members of an object, itself the step's member `inside`, that are not among `known`.
  Status members(const Params& object, const std::string& inside,
                 std::initializer_list<std::string_view> known) const {
    for (const std::string_view name : object.names()) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      const std::string place = where_ + (inside.empty() ? "" : "." + inside);
      std::string names;
      for (const std::string_view one : known) {
        names += (names.empty() ? "" : ", ") + std::string(one);
      }
      return invalid_argument("field_unknown", place + " has no member " + std::string(name))
          .at(place + "." + std::string(name))
          .hint("it takes " + names);
    }
    return Status::ok();
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
  Result<std::vector<ops::SortKey>> sort_keys(std::string_view member) const;
  Result<std::vector<ops::Expression>> expressions(std::string_view member) const;
  Result<std::vector<ops::NamedExpression>> group_keys() const;
  Result<std::vector<ops::NamedAggregate>> aggregates() const;
  Result<ops::Step> map() const;
  Result<ops::Step> select() const;
  Result<ops::Step> distinct() const;
  Result<ops::Step> join() const;
  Result<ops::Step> window() const;
  Result<ops::Frame> frame() const;
  Result<std::optional<std::int64_t>> bound(const element& value, std::string_view member,
                                            bool range) const;
  Status only(std::string_view op) const;

  const Params& step_;
  const std::string& where_;
};

Result<std::vector<ops::SortKey>> Reader::sort_keys(std::string_view member) const {
  WEIR_ASSIGN(const simdjson::dom::array by, array(member));
  std::vector<ops::SortKey> keys;
  for (const element item : by) {
    const std::string at = std::string(member) + "[" + std::to_string(keys.size()) + "]";
    ops::SortKey key;
    element inner;
    if (item.at_key("expr").get(inner) == simdjson::SUCCESS) {
      const Params params(item.get_object().value_unsafe());
      WEIR_TRY(members(params, at, {"expr", "desc", "nulls"}));
      WEIR_ASSIGN(key.by, expression(inner, at + ".expr"));
      WEIR_ASSIGN(key.descending, placed(params.flag_or({"desc"}, false), at + ".desc"));
      WEIR_ASSIGN(const std::string nulls,
                  placed(params.choice_or({"nulls"}, "first|last", "last"), at + ".nulls"));
      key.nulls_first = nulls == "first";
    } else {
      WEIR_ASSIGN(key.by, expression(item, at));
    }
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return fail(wrong(member, "an array of at least one expression"));
  return keys;
}

Result<std::vector<ops::NamedExpression>> Reader::group_keys() const {
  WEIR_ASSIGN(const simdjson::dom::array by, array("by"));
  std::vector<ops::NamedExpression> keys;
  for (const element item : by) {
    WEIR_ASSIGN(ops::Expression key, expression(item, "by[" + std::to_string(keys.size()) + "]"));
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
    WEIR_TRY(column_name("aggregates", field.key));
    std::string_view text;
    const std::string member = "aggregates." + std::string(field.key);
    if (field.value.get_string().get(text) != simdjson::SUCCESS) {
      return fail(wrong(member, "a text like sum(amount)"));
    }
    WEIR_ASSIGN(ops::Aggregate one, placed(ops::Aggregate::parse(text), member));
    out.push_back({std::string(field.key), std::move(one)});
  }
  if (out.empty()) return fail(wrong("aggregates", "an object of at least one text"));
  return out;
}

Result<ops::Step> Reader::map() const {
  WEIR_ASSIGN(const simdjson::dom::object set, object("set"));
  ops::MapStep step;
  for (const auto field : set) {
    WEIR_TRY(column_name("set", field.key));
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

Result<std::vector<ops::Expression>> Reader::expressions(std::string_view member) const {
  WEIR_ASSIGN(const simdjson::dom::array items, array(member));
  std::vector<ops::Expression> out;
  for (const element item : items) {
    const std::string at = std::string(member) + "[" + std::to_string(out.size()) + "]";
    WEIR_ASSIGN(ops::Expression one, expression(item, at));
    out.push_back(std::move(one));
  }
  return out;
}

Result<ops::Step> Reader::distinct() const {
  ops::DistinctStep step;
  if (!step_.has("by")) return step;
  WEIR_ASSIGN(step.by, expressions("by"));
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

// Nothing: to the edge of the partition.
Result<std::optional<std::int64_t>> Reader::bound(const element& value, std::string_view member,
                                                  bool range) const {
  if (value.is_null()) return std::optional<std::int64_t>();
  std::int64_t distance = 0;
  if (value.get_int64().get(distance) == simdjson::SUCCESS) return std::optional(distance);
  std::string_view text;
  if (range && value.get_string().get(text) == simdjson::SUCCESS) {
    const bool back = !text.empty() && text.front() == '-';
    if (back) text.remove_prefix(1);
    if (!text.empty() && text.front() != '-' && parse_duration(text, distance)) {
      return std::optional(back ? -distance : distance);
    }
  }
  return fail(wrong(member, range ? "two bounds: a duration like -1h, a whole number or null each"
                                  : "two bounds: a whole number or null each"));
}

Result<ops::Frame> Reader::frame() const {
  if (!step_.has("frame")) return ops::Frame();
  WEIR_ASSIGN(const simdjson::dom::object given, object("frame"));
  const Params params(given);
  WEIR_TRY(members(params, "frame", {"rows", "range"}));
  const bool range = params.has("range");
  const std::string_view name = range ? "range" : "rows";
  const std::string member = "frame." + std::string(name);
  if (range == params.has("rows")) {
    return fail(wrong("frame", "{rows:[from, to]} or {range:[from, to]}"));
  }
  WEIR_ASSIGN(const simdjson::dom::array bounds, placed(params.array({name}), member));
  if (bounds.size() != 2) {
    return fail(wrong(member, "two bounds, from and to, this row being 0"));
  }
  WEIR_ASSIGN(const auto from, bound(bounds.at(0).value_unsafe(), member, range));
  WEIR_ASSIGN(const auto to, bound(bounds.at(1).value_unsafe(), member, range));
  if (from && to && *from > *to) {
    return fail(wrong(member, "two bounds of which the first is no further on"));
  }
  return range ? ops::Frame::range(from, to) : ops::Frame::rows(from, to);
}

Result<ops::Step> Reader::window() const {
  ops::WindowStep step;
  if (step_.has("partition")) {
    WEIR_ASSIGN(step.partition, expressions("partition"));
  }
  if (step_.has("order")) {
    WEIR_ASSIGN(step.order, sort_keys("order"));
  }
  WEIR_ASSIGN(step.frame, frame());
  WEIR_ASSIGN(const simdjson::dom::object set, object("set"));
  for (const auto field : set) {
    WEIR_TRY(column_name("set", field.key));
    std::string_view text;
    const std::string member = "set." + std::string(field.key);
    if (field.value.get_string().get(text) != simdjson::SUCCESS) {
      return fail(wrong(member, "a text like row_number(), lag(amount) or sum(amount)"));
    }
    WEIR_ASSIGN(ops::WindowFunction one, placed(ops::WindowFunction::parse(text), member));
    step.set.push_back({std::string(field.key), std::move(one)});
  }
  if (step.set.empty()) return fail(wrong("set", "an object of at least one text"));
  return step;
}

// Refuses what a step of that name does not take.
Status Reader::only(std::string_view op) const {
  struct Form {
    std::string_view op;
    std::initializer_list<std::string_view> members;
  };
  static const Form kForms[] = {{"filter", {"op", "where"}},
                                {"map", {"op", "set"}},
                                {"select", {"op", "columns"}},
                                {"sort", {"op", "by"}},
                                {"top_k", {"op", "by", "k"}},
                                {"limit", {"op", "k", "offset"}},
                                {"group", {"op", "by", "aggregates"}},
                                {"aggregate", {"op", "aggregates"}},
                                {"distinct", {"op", "by"}},
                                {"join", {"op", "with", "on", "kind"}},
                                {"window", {"op", "partition", "order", "frame", "set"}}};
  std::string names;
  for (const Form& form : kForms) {
    if (form.op == op) return members(step_, "", form.members);
    names += (names.empty() ? "" : ", ") + std::string(form.op);
  }
  return invalid_argument("choice", where_ + ".op is \"" + std::string(op) + "\"")
      .at(where_ + ".op")
      .hint("use one of " + names);
}

Result<ops::Step> Reader::step() const {
  WEIR_ASSIGN(const std::string op, placed(step_.text({"op"}), "op"));
  WEIR_TRY(only(op));
  if (op == "filter") {
    const auto where = step_.find({"where"});
    if (!where) return fail(wrong("where", "an expression: a text or {op, args}"));
    WEIR_ASSIGN(ops::Expression condition, expression(*where, "where"));
    return ops::FilterStep{std::move(condition)};
  }
  if (op == "map") return map();
  if (op == "select") return select();
  if (op == "sort") {
    WEIR_ASSIGN(std::vector<ops::SortKey> by, sort_keys("by"));
    return ops::SortStep{std::move(by)};
  }
  if (op == "top_k" || op == "limit") {
    if (!step_.has("k")) return fail(wrong("k", "a number of rows"));
    WEIR_ASSIGN(const std::size_t k, rows("k", 0));
    WEIR_ASSIGN(const std::size_t offset, rows("offset", 0));
    if (op == "limit") return ops::LimitStep{k, offset};
    WEIR_ASSIGN(std::vector<ops::SortKey> by, sort_keys("by"));
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
  return window();
}

}  // namespace

Result<ops::Step> read_step(const Params& step, const std::string& where) {
  return Reader(step, where).step();
}

}  // namespace weir::server
