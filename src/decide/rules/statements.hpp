// StatementParser: the statements of a rule text into a RuleSet under construction.
//
//   rule      = [ "rule" name ":" ] action "if" expr [ "because" string ] [ "shadow" ]
//               [ "at" ( "now" | "when" "warm" ) ]
//   action    = "allow" | "block" | "hold" | "alert" | "score" number | "tag" name
//   window    = "window" name "=" agg            let = "let" name "=" expr
//   limit     = "limit" "block" "to" number "%" "over" duration "min" integer
//               "then" ( "hold" | "alert" )
//   band      = "band" name "on" expr ":" case { ";" case }
//   typology  = "typology" name "=" expr { ( "alert" | "hold" | "block" ) "at" number }
#pragma once

#include <string>
#include <vector>

#include "decide/rules/extension.hpp"
#include "decide/rules/rule_set.hpp"

namespace weir::decide {

class StatementParser {
  // How far the cases of a band reach so far.
  struct BandLimits {
    std::optional<double> upper;  // of the case before
    bool any = false;
    bool closed = false;  // "N and above" was given
  };

 public:
  StatementParser(RuleSet& set, expr::Schema& schema, const CompileContext& context,
                  std::span<const expr::Token> tokens)
      : set_(set),
        extension_(set, schema, context),
        cursor_(tokens),
        parser_(cursor_, set.ast, &extension_) {}

  // Parses statement after statement; after an error it goes on at the next unindented line.
  void parse_all(std::vector<Status>& errors);
  // Compiles the threshold table of the context. Errors name the row.
  Status add_thresholds(const std::vector<ThresholdRow>& rows);

 private:
  Status parse_statement();
  Status parse_rule();
  Status parse_action(Rule& rule);
  Status parse_rule_tail(Rule& rule);
  Status finish_rule(const expr::Token& at, Rule rule);
  Status parse_window();
  Status parse_let();
  Status parse_limit();
  Status parse_band();
  Status parse_band_case(expr::NodeId measure, RuleBand& band, BandLimits& limits);
  Status parse_typology();
  Status check_capped_comparisons(expr::NodeId root) const;
  std::string source_from(const expr::Token& first) const;
  Status expect_end();

  RuleSet& set_;
  RuleExtension extension_;
  expr::TokenCursor cursor_;
  expr::Parser parser_;
};

}  // namespace weir::decide
