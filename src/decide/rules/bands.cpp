// Bands and typologies: StatementParser's statements for scoring by table.
//
//   band out_count on count(debtor, 1d): when type = 'refund' -> .x00 "not a payment";
//       below 2 -> .01 "one"; 2 to below 3 -> .02 "two"; 3 and above -> .03 "three or more"
//   typology t999 = weight(out_count, .01: 100, .02: 200, .03: 400) alert at 200 block at 400
//
// Exit conditions come first; the lower limit is included, the upper is not; limits must follow
// each other without gap or overlap; a null measure gives .err.
#include "decide/rules/statements.hpp"

namespace weir::decide {

using expr::NodeId;
using expr::Op;
using expr::Parser;
using expr::Token;
using expr::TokenKind;

namespace {

double value_of(const expr::Literal& literal) {
  if (literal.kind == expr::Kind::kF64) return literal.f;
  double value = static_cast<double>(literal.i);
  for (unsigned i = 0; i < literal.scale; ++i) value /= 10;
  return value;
}

}  // namespace

Status StatementParser::parse_band() {
  cursor_.next();
  WEIR_ASSIGN(const Token name, cursor_.expect(TokenKind::kName, "the name of the band"));
  const std::string text = expr::token_value(name);
  if (extension_.has_band(text)) {
    return Parser::error(name, "name_repeated", "there is already a band '" + text + "'");
  }
  WEIR_TRY(cursor_.expect_word("on"));
  const Token measure_at = cursor_.peek();
  WEIR_ASSIGN(const NodeId measure, extension_.parse_checked(parser_, false));
  WEIR_TRY(cursor_.expect(":"));
  RuleBand band;
  BandLimits limits;
  do {
    WEIR_TRY(parse_band_case(measure, band, limits));
  } while (cursor_.accept(";"));
  if (!limits.any || !limits.closed) {
    return Parser::error(measure_at, "band_gap", "the band does not cover every value",
                         "a last case 'N and above'");
  }
  const expr::Position at = Parser::position(measure_at);
  const NodeId is_null = set_.ast.add(Op::kIsNull, {&measure, 1}, at);
  band.cases.push_back({".err", "the measure has no value", is_null});
  extension_.define_band(text, std::move(band));
  return Status::ok();
}

Status StatementParser::parse_band_case(NodeId measure, RuleBand& band, BandLimits& limits) {
  const Token first = cursor_.peek();
  const expr::Position at = Parser::position(first);
  expr::Ast& ast = set_.ast;
  RuleBand::Case made;
  const auto compare = [&](Op op, NodeId limit) {
    const NodeId args[] = {measure, limit};
    return ast.add(op, args, at);
  };
  const auto value = [&](NodeId literal) { return value_of(ast.literal(literal)); };
  if (cursor_.accept_word("when")) {
    if (limits.any) return Parser::error(first, "band_order", "exit conditions stand first");
    WEIR_ASSIGN(made.condition, extension_.parse_checked(parser_, true));
  } else {
    if (limits.closed) return Parser::error(first, "band_overlap", "the case before has no end");
    const bool below = cursor_.accept_word("below");
    WEIR_ASSIGN(const NodeId limit, parse_signed_number(parser_));
    const bool must_follow = limits.any || below;
    if (!below && must_follow && (!limits.upper || *limits.upper != value(limit))) {
      return Parser::error(first, "band_gap", "the case must begin where the one before ends");
    }
    if (!below && !limits.any) {
      return Parser::error(first, "band_gap", "the first case must be open below", "below N");
    }
    if (below) {
      if (limits.any)
        return Parser::error(first, "band_overlap", "only the first case is open below");
      made.condition = compare(Op::kLt, limit);
      limits.upper = value(limit);
    } else if (cursor_.accept_word("to")) {
      WEIR_TRY(cursor_.expect_word("below"));
      const Token upper_at = cursor_.peek();
      WEIR_ASSIGN(const NodeId upper, parse_signed_number(parser_));
      if (value(upper) <= value(limit)) {
        return Parser::error(upper_at, "band_overlap", "the case ends before it begins");
      }
      const NodeId both[] = {compare(Op::kGe, limit), compare(Op::kLt, upper)};
      made.condition = ast.add(Op::kAnd, both, at);
      limits.upper = value(upper);
    } else {
      WEIR_TRY(cursor_.expect_word("and"));
      WEIR_TRY(cursor_.expect_word("above"));
      made.condition = compare(Op::kGe, limit);
      limits.closed = true;
    }
    limits.any = true;
  }
  WEIR_TRY(cursor_.expect("->"));
  const Token ref_at = cursor_.peek();
  WEIR_ASSIGN(made.ref, parse_sub_ref(cursor_));
  for (const RuleBand::Case& other : band.cases) {
    if (other.ref == made.ref) {
      return Parser::error(ref_at, "name_repeated", "the band has two cases " + made.ref);
    }
  }
  if (cursor_.at(TokenKind::kString)) made.reason = expr::token_value(cursor_.next());
  band.cases.push_back(std::move(made));
  return Status::ok();
}

Status StatementParser::parse_typology() {
  const Token first = cursor_.next();
  WEIR_ASSIGN(const Token name, cursor_.expect(TokenKind::kName, "the name of the typology"));
  const std::string text = expr::token_value(name);
  WEIR_TRY(cursor_.expect("="));
  WEIR_ASSIGN(const NodeId result, extension_.parse_checked(parser_, false));
  const auto level = [&](RuleAction action) -> Status {
    const Token at = cursor_.next();
    WEIR_TRY(cursor_.expect_word("at"));
    WEIR_ASSIGN(const NodeId threshold, parse_signed_number(parser_));
    const NodeId args[] = {result, threshold};
    Rule rule;
    rule.name = text + "." + std::string(rule_action_name(action));
    rule.action = action;
    rule.line = first.line;
    rule.condition = set_.ast.add(Op::kGe, args, Parser::position(at));
    rule.text = source_from(first);
    return finish_rule(at, std::move(rule));
  };
  while (true) {
    const Token& next = cursor_.peek();
    if (next.is_word("alert")) {
      WEIR_TRY(level(RuleAction::kAlert));
    } else if (next.is_word("hold")) {
      WEIR_TRY(level(RuleAction::kHold));
    } else if (next.is_word("block")) {
      WEIR_TRY(level(RuleAction::kBlock));
    } else {
      break;
    }
  }
  return extension_.define(name, "points." + text, result);
}

}  // namespace weir::decide
