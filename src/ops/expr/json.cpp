// The JSON form of an expression, both ways.
#include "base/json.hpp"

#include <simdjson.h>

#include <optional>
#include <vector>

#include "ops/expr/ast.hpp"
#include "ops/expr/parser.hpp"
#include "ops/expr/spelling.hpp"

namespace weir::expr {
namespace {

namespace sj = simdjson;

// Two brackets a level: deeper than a JsonWriter goes.
class JsonPrinter {
 public:
  JsonPrinter(const Ast& ast, std::string& out) : ast_(ast), out_(out) {}

  void print(NodeId id) {
    const Node& node = ast_.node(id);
    switch (node.op) {
      case Op::kLiteral:
        print_literal(ast_.literal(id));
        break;
      case Op::kName:
      case Op::kAlias:
        member("{\"col\":", ast_.text(id));
        break;
      case Op::kInput:
        member("{\"input\":", ast_.text(id));
        break;
      case Op::kParameter:
        out_ += "{\"param\":" + std::to_string(node.input);
        break;
      default:
        member("{\"op\":",
               node.op == Op::kCall ? function_info(node.function).name : operator_word(node.op));
        print_args(ast_.args(id));
        if (node.op == Op::kCast) member(",\"type\":", type_name(node.type));
    }
    out_ += '}';
  }

 private:
  void member(std::string_view key, std::string_view text) {
    out_ += key;
    append_json_string(out_, text);
  }
  void print_args(std::span<const NodeId> args) {
    out_ += ",\"args\":[";
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (i != 0) out_ += ',';
      print(args[i]);
    }
    out_ += ']';
  }
  void print_literal(const Literal& literal) {
    if (literal.kind == Kind::kDuration) return member("{\"duration\":", duration_text(literal.i));
    if (literal.kind == Kind::kString) return member("{\"lit\":", literal.s);
    out_ += "{\"lit\":";
    if (literal.kind == Kind::kNull) {
      out_ += "null";
    } else if (literal.kind == Kind::kBool) {
      out_ += literal.i != 0 ? "true" : "false";
    } else {
      out_ += number_text(literal);
    }
  }
  const Ast& ast_;
  std::string& out_;
};

// Reads the form member by member, in any order. A number is taken by its text, never through a
// double.
class JsonParser {
 public:
  JsonParser(Ast& ast, ParseExtension* extension) : ast_(ast), extension_(extension) {}

  Result<NodeId> parse(sj::ondemand::value value, unsigned depth, const std::string& pointer) {
    if (depth > kDepthMax)
      return fail(error("expr_limit", "the expression nests deeper than 64", pointer));
    sj::ondemand::object object;
    if (value.get_object().get(object) != sj::SUCCESS)
      return fail(error("json_shape", "expected an object with op, col, lit, ...", pointer));
    Members members;
    for (auto field : object) {
      std::string_view key;
      sj::ondemand::value member;
      if (field.unescaped_key().get(key) != sj::SUCCESS || field.value().get(member) != sj::SUCCESS)
        return fail(error("json_shape", "the text is no JSON", pointer));
      WEIR_TRY(read_member(members, std::string(key), member, depth, pointer));
    }
    if (members.leaf) {
      if (members.count != 1)
        return fail(error("json_shape", "a leaf has exactly one member", pointer));
      ++nodes_;
      return *members.leaf;
    }
    return build(members, pointer);
  }
  std::size_t nodes() const { return nodes_; }

 private:
  struct Members {
    std::size_t count = 0;
    std::optional<NodeId> leaf;
    std::string op;
    std::string type;
    std::vector<NodeId> args;
    bool has_args = false;
  };

  static Status error(std::string_view reason, std::string message, std::string_view pointer) {
    return invalid_argument(reason, std::move(message)).at(pointer);
  }

  Status read_member(Members& members, const std::string& key, sj::ondemand::value value,
                     unsigned depth, const std::string& pointer) {
    const std::string at = pointer + "/" + key;
    ++members.count;
    if (key == "args") {
      sj::ondemand::array array;
      if (members.has_args || value.get_array().get(array) != sj::SUCCESS)
        return error("json_shape", "args is one array", at);
      members.has_args = true;
      for (auto item : array) {
        sj::ondemand::value arg;
        if (item.get(arg) != sj::SUCCESS) return error("json_shape", "the text is no JSON", at);
        WEIR_ASSIGN(const NodeId id,
                    parse(arg, depth + 1, at + "/" + std::to_string(members.args.size())));
        members.args.push_back(id);
      }
      return Status::ok();
    }
    if (key == "op" || key == "type") {
      std::string_view text;
      std::string& target = key == "op" ? members.op : members.type;
      if (!target.empty() || value.get_string().get(text) != sj::SUCCESS || text.empty())
        return error("json_shape", "'" + key + "' is one text", at);
      target = text;
      return Status::ok();
    }
    if (members.leaf) return error("json_shape", "a leaf has exactly one member", at);
    WEIR_ASSIGN(members.leaf, parse_leaf(key, value, at));
    return Status::ok();
  }

  Result<NodeId> parse_leaf(const std::string& key, sj::ondemand::value value,
                            const std::string& at) {
    if (key == "lit") return parse_literal(value, at);
    if (key == "param") {
      std::uint64_t number = 0;
      if (value.get_uint64().get(number) != sj::SUCCESS || number == 0 || number > 0xFFFFFFFFU)
        return fail(error("json_shape", "param is a number from 1", at));
      return ast_.add_parameter(static_cast<std::uint32_t>(number), {});
    }
    if (key != "col" && key != "duration" && key != "input")
      return fail(error("json_shape", "'" + key + "' is not known here", at));
    std::string_view text;
    if (value.get_string().get(text) != sj::SUCCESS)
      return fail(error("json_shape", "'" + key + "' holds a text", at));
    if (key == "col") return parse_column(std::string(text), at);
    return parse_text(key, std::string(text), at);
  }

  Result<NodeId> parse_column(const std::string& name, const std::string& at) {
    for (const char c : name)
      if (static_cast<unsigned char>(c) < 0x20)
        return fail(error("json_shape", "a column's name holds a control character", at));
    if (extension_ == nullptr) return ast_.add_name(name, {});
    std::string written;
    append_name(written, name);
    return parse_text("col", written, at);
  }

  // Parses a leaf from its text form and checks that it is that kind of leaf.
  Result<NodeId> parse_text(std::string_view key, const std::string& text, const std::string& at) {
    Result<NodeId> leaf = expr::parse(text, ast_, extension_);
    if (!leaf) return fail(std::move(leaf.error()).at(at));
    const Op op = ast_.node(*leaf).op;
    const Kind kind = op == Op::kLiteral ? ast_.literal(*leaf).kind : Kind::kNull;
    bool fits = op == Op::kName || op == Op::kAlias || op == Op::kInput;
    if (key == "duration") fits = kind == Kind::kDuration;
    if (key == "input") fits = op == Op::kInput;
    if (key == "lit") fits = kind == Kind::kI64 || kind == Kind::kF64 || kind == Kind::kDecimal;
    if (!fits) return fail(error("json_shape", "'" + text + "' is no " + std::string(key), at));
    return *leaf;
  }

  Result<NodeId> parse_literal(sj::ondemand::value value, const std::string& at) {
    sj::ondemand::json_type type{};
    if (value.type().get(type) != sj::SUCCESS)
      return fail(error("json_shape", "the text is no JSON", at));
    bool truth = false;
    std::string_view text;
    sj::simdjson_result<bool> null = false;
    if (type == sj::ondemand::json_type::null) null = value.is_null();
    if (null.error() == sj::SUCCESS && null.value_unsafe()) return ast_.add_literal({}, {});
    if (type == sj::ondemand::json_type::boolean && value.get_bool().get(truth) == sj::SUCCESS)
      return ast_.add_literal(Literal::of(truth), {});
    if (type == sj::ondemand::json_type::string && value.get_string().get(text) == sj::SUCCESS)
      return ast_.add_literal(Literal::of(std::string(text)), {});
    if (type == sj::ondemand::json_type::number) {
      const std::string_view raw = value.raw_json_token();
      const std::string number(raw.substr(0, raw.find_last_not_of(" \t\r\n") + 1));
      if (number.find_first_not_of("0123456789+-.eE") == std::string::npos)
        return parse_text("lit", number, at);
    }
    return fail(error("json_shape", "lit holds null, a boolean, a number or a text", at));
  }

  Result<NodeId> build(const Members& members, const std::string& pointer);

  Ast& ast_;
  ParseExtension* extension_;
  std::size_t nodes_ = 0;
};

// Returns true if an operator takes that many operands.
bool arity_fits(Op op, std::size_t count) {
  switch (op) {
    case Op::kOr:
    case Op::kAnd:
    case Op::kIn:
    case Op::kNotIn:
    case Op::kCase:
      return count >= 2;
    case Op::kNot:
    case Op::kNeg:
    case Op::kIsNull:
    case Op::kIsNotNull:
    case Op::kCast:
      return count == 1;
    case Op::kBetween:
      return count == 3;
    default:
      return count == 2;
  }
}

Result<NodeId> JsonParser::build(const Members& members, const std::string& pointer) {
  Op op{};
  Function function{};
  const std::size_t count = members.args.size();
  if (members.count != (members.op == "cast" ? 3U : 2U) || members.op.empty() || !members.has_args)
    return fail(error("json_shape", "an operator has op and args; a cast has type, too", pointer));
  ++nodes_;
  if (find_function(members.op, function)) return ast_.add_call(function, members.args, {});
  if (!find_operator(members.op, op))
    return fail(error("function_unknown", "there is no op '" + members.op + "'", pointer + "/op"));
  if (!arity_fits(op, count))
    return fail(error("argument_count",
                      "'" + members.op + "' does not take " + std::to_string(count) + " args",
                      pointer + "/args"));
  if (op == Op::kCast) {
    Type type;
    if (!find_cast_type(members.type, type))
      return fail(error("json_shape", "'" + members.type + "' is no type", pointer + "/type"));
    return ast_.add_cast(type, members.args[0], {});
  }
  const Node& last = ast_.node(members.args.back());
  if ((op == Op::kLike || op == Op::kNotLike) &&
      (last.op != Op::kLiteral || ast_.literal(members.args[1]).kind != Kind::kString))
    return fail(error("json_shape", "a pattern is a text", pointer + "/args/1"));
  if (op == Op::kNeg && last.op == Op::kLiteral) {
    if (std::optional<Literal> literal = negated(ast_.literal(members.args[0])))
      return ast_.add_literal(std::move(*literal), {});
  }
  if (op == Op::kIn || op == Op::kNotIn) {
    if (count > kInListMax + 1)
      return fail(error("expr_limit", "an in-list has at most 10000 items", pointer));
    for (const NodeId arg : std::span(members.args).subspan(1))
      if (ast_.node(arg).op == Op::kLiteral) --nodes_;
  }
  return ast_.add(op, members.args, {});
}

}  // namespace

std::string print_json(const Ast& ast, NodeId root) {
  std::string out;
  JsonPrinter(ast, out).print(root);
  return out;
}

Result<NodeId> parse_json(std::string_view json, Ast& ast, ParseExtension* extension) {
  if (json.size() > kExpressionBytesMax)
    return fail(out_of_range("too_long", "the expression is longer than 65536 bytes"));
  const sj::padded_string padded(json);
  sj::ondemand::parser parser;
  sj::ondemand::document document;
  sj::ondemand::value root;
  if (parser.iterate(padded).get(document) != sj::SUCCESS ||
      document.get_value().get(root) != sj::SUCCESS)
    return fail(invalid_argument("json_shape", "the text is no JSON object"));
  JsonParser reader(ast, extension);
  WEIR_ASSIGN(const NodeId id, reader.parse(root, 1, ""));
  const char* rest = nullptr;
  if (document.current_location().get(rest) == sj::SUCCESS)
    return fail(invalid_argument("json_shape", "something follows the expression"));
  if (reader.nodes() > kNodesMax || ast.node(id).depth > kDepthMax)
    return fail(invalid_argument("expr_limit",
                                 "the expression has more than 1000 nodes or nests "
                                 "deeper than 64"));
  return id;
}

}  // namespace weir::expr
