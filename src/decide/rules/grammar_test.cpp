// Every production of the rule language on one small stream: what a text does, not only that it
// compiles; and what each slip in it is called, where it stands, and what was probably meant.
#include "decide/decide_fixture.hpp"

namespace weir::decide {
namespace {

// Eight events from Monday 2026-01-05 00:00 on. Amounts in order: 100 600 9000 50 9500 9500 1 700;
// debtors 1 1 1 4 1 1 4 1; creditors 2 3 2 2 4 4 1 2; seconds 0 10 20 30 3700 3710 3720 90000.
class SmallStream {
 public:
  SmallStream() {
    dictionary_.add(static_cast<std::uint8_t>(wire::Namespace::kChannel), "web").value();
    wire::Event& first = add(0, 1, 2, 100);
    set_event_id(batch_, first, "first");
    first.fee = 50;
    first.nonce = 1;
    first.merchant = wire::EntityId::number(wire::EntityKind::kMerchant, 7).word;
    first.device = wire::EntityId::number(wire::EntityKind::kDevice, 8).word;
    first.ip = wire::EntityId::number(wire::EntityKind::kIp, 0x0A00'0001).word;
    first.category = 5411;
    first.country[0] = 276;
    first.country[1] = 250;
    const double berlin_paris[] = {52.520, 13.405, 48.857, 2.352};
    batch_.add_side(first, wire::SideTag::kLocation,
                    {reinterpret_cast<const std::uint8_t*>(berlin_paris), sizeof berlin_paris});
    wire::Event& second = add(10, 1, 3, 600);
    second.type = static_cast<std::uint8_t>(wire::EventType::kTransfer);
    second.channel = 1;
    second.nonce = 2;
    batch_.add_side(second, wire::SideTag::kMemo, as_bytes("a gift card"));
    batch_.add_side(add(20, 1, 2, 9000), wire::SideTag::kAttrs,
                    as_bytes(R"({"risk":7,"tier":"gold","new":true})"));
    wire::Event& refund = add(30, 4, 2, 50);
    refund.type = static_cast<std::uint8_t>(wire::EventType::kRefund);
    refund.instrument = 0;
    add(3700, 1, 4, 9500).instrument = card(6);
    add(3710, 1, 4, 9500).instrument = card(6);
    wire::Event& euro = add(3720, 4, 1, 1);
    euro.currency = 978;
    euro.instrument = 0;
    add(90'000, 1, 2, 700);
    lists_ = std::make_shared<Lists>();
    EXPECT_TRUE(lists_->put("vip", {.kind = "account", .value = "4"}).is_ok());
  }

  // Returns one letter an event: B blocked, H held, a allowed, A alerted, t a live hit without such
  // an effect, ~ only shadow hits, '.' nothing.
  std::string run(const std::string& text) {
    CompileContext context;
    context.dictionary = &dictionary_;
    context.detectors = {"forest"};
    const auto rules = compile_rules(text, context);
    if (!rules) return rules.error().to_string();
    Decider decider(DeciderOptions{});
    EXPECT_TRUE(decider.set_rules(1, *rules).is_ok());
    decider.set_lists(1, lists_);
    std::vector<wire::VerdictCore> verdicts(batch_.size());
    EXPECT_TRUE(decider.decide(input(), {verdicts}).is_ok());
    std::string letters;
    for (const wire::VerdictCore& core : verdicts) letters += letter(core);
    return letters;
  }

 private:
  static std::uint64_t card(std::uint64_t number) {
    return wire::EntityId::number(wire::EntityKind::kCard, number).word;
  }
  wire::Event& add(std::int64_t t_s, std::uint64_t debtor, std::uint64_t creditor,
                   std::int64_t amount) {
    wire::Event event{};
    event.id[0] = static_cast<std::uint8_t>(batch_.size() + 1);
    event.time_us = DecideFixture::kStart + t_s * kSecond;
    event.debtor = wire::EntityId::number(wire::EntityKind::kAccount, debtor).word;
    event.creditor = wire::EntityId::number(wire::EntityKind::kAccount, creditor).word;
    event.instrument = card(5);
    event.amount = amount * 100;
    event.currency = 840;
    event.exponent = 2;
    event.type = static_cast<std::uint8_t>(wire::EventType::kPayment);
    batch_.events.push_back(event);
    return batch_.events.back();
  }
  DecideInput input() {
    features_.resize(batch_.size());
    for (std::size_t row = 0; row < batch_.size(); ++row) {
      for (unsigned f = 0; f < profile::kFeatures; ++f) {
        features_.column(static_cast<profile::Feature>(f))[row] = 0;
      }
      features_.column(profile::Feature::kHour)[row] =
          static_cast<float>(batch_.events[row].time_us % kDay / 1000) / 3'600'000.0F;
    }
    features_.column(profile::Feature::kAmountZ)[5] = 3.5F;
    features_.column(profile::Feature::kWeekday)[7] = 1;
    columns_.events = batch_.events;
    columns_.entity_flags = flags_;
    DecideInput in;
    in.columns = &columns_;
    in.features = &features_;
    in.tail_e6 = kTails;
    in.detector_tail = kForest;
    in.tail_stride = std::size(kTails);
    in.detector_names = kDetectors;
    in.late = kLate;
    in.balance = kBalance;
    in.balance_valid = kBalanceValid;
    in.side = batch_.side;
    in.dictionary = &dictionary_;
    return in;
  }
  static char letter(const wire::VerdictCore& core) {
    if (core.outcome != 0) return core.outcome == 2 ? 'B' : 'H';
    if ((core.flags & wire::kAllowed) != 0) return 'a';
    if ((core.flags & wire::kAlert) != 0) return 'A';
    if (core.live_hits != 0) return 't';
    return core.shadow_hits != 0 ? '~' : '.';
  }

  static constexpr std::uint32_t kTails[] = {0, 0, 0, 0, 3'000'000, 3'900'000, 0, 0};
  static constexpr float kForest[] = {0, 0, 0, 0, 2, 3.8F, 0, 0};
  static constexpr std::string_view kDetectors[] = {"forest"};
  static constexpr std::uint8_t kLate[] = {0, 0, 0, 0, 0, 0, 1, 0};
  static constexpr std::int64_t kBalance[] = {50'000, 0, 0, 0, 0, 0, 0, 0};
  static constexpr std::uint8_t kBalanceValid[] = {1, 0, 0, 0, 0, 0, 0, 0};

  wire::Dictionary dictionary_;
  std::shared_ptr<Lists> lists_;
  wire::EventBatch batch_;
  std::vector<std::uint16_t> flags_ = std::vector<std::uint16_t>(8);
  profile::EventColumns columns_{};
  profile::FeatureMatrix features_;
};

struct Production {
  const char* text;
  const char* does;
};

void expect_each(std::span<const Production> productions) {
  SmallStream stream;
  for (const Production& one : productions) EXPECT_EQ(stream.run(one.text), one.does) << one.text;
}

TEST(Grammar, StatementsActionsAndClauses) {
  constexpr Production kCases[] = {
      {"", "........"},
      {"# only a comment\n\n", "........"},
      {"allow if amount < 100", "...a..a."},
      {"block if amount >= 9000", "..B.BB.."},
      {"hold if amount = 9500", "....HH.."},
      {"alert if type = 'refund'", "...A...."},
      {"score 300 if type = 'refund'", "...t...."},
      {"score 600 if type = 'refund'", "...H...."},
      {"score 600 if true\nscore -300 if amount > 500", "HttHttHt"},
      {"tag odd if weekday = 1", ".......t"},
      {"rule r: block if amount > 5000 because 'large' shadow", "..~.~~.."},
      {"rule r: hold if amount > 5000 because \"large\"", "..H.HH.."},
      {"alert if count(debtor, 1h) > 2 at now", "..A....."},
      {"alert if count(debtor, 1h) > 2 at when warm", "..~....."},
      {"alert if count(debtor, 1h) > 1", ".~~..A.."},  // warm after its hour
      {"hold if count(debtor, 1h) > 1 shadow at now", ".~~..~.."},
      {"# head\n\nalert\n   if amount = 1 # tail\n   because 'x'\n", "......A."},
      {"window w = count(card, 1h)\nalert if w > 2 at now", "..A....."},
      {"let half = amount / 2\nlet big = half > 4000\nalert if big", "..A.AA.."},
      {"allow if debtor = 4\nblock if true\nhold if true", "BBBaBBaB"},
  };
  expect_each(kCases);
}

TEST(Grammar, WindowsOfEveryFunctionKeyAndKind) {
  constexpr Production kCases[] = {
      {"alert if sum(amount, debtor, 1h) > 9600 at now", "..A..A.."},
      {"alert if avg(amount, debtor, 1h) > 3000 at now", "..A.AA.."},
      {"alert if min(amount, debtor, 1h) = 100 at now", "AAA....."},
      {"alert if max(fee, debtor, 1h) = 0.5 at now", "AAA....."},
      {"alert if distinct(creditor, debtor, 1h) = 2 at now", ".AA....."},
      {"alert if rate(debtor, 30m) > 5 at now", "..A....."},  // three in half an hour
      {"alert if count(debtor, 11s exact) > 1 at now", ".AA..A.."},
      {"alert if sum(amount, debtor, 1d decay) > 9000 at now", "..A.AA.A"},
      {"alert if sum(amount, debtor, 1h where type = 'transfer') = 600 at now", ".AA....."},
      {"alert if count(debtor, 1h exact where amount > 500) = 2 at now", "..A..A.."},
      {"alert if count((debtor, creditor), 1h) > 1 at now", "..A..A.."},
      {"alert if count(type, 1h) > 1 at now", "..A..AA."},  // payments: 0 2, then 4 5 6
      {"alert if count(debtor, 30s) + count(debtor, 5m) + count(debtor, 7d) > 8 at now",
       "..A..A.."},
      {"alert if since(debtor) < 15", ".AA..A.."},
      {"alert if since(card) < 15", ".AA..A.."},
  };
  expect_each(kCases);
}

TEST(Grammar, ExpressionsOfItsOwn) {
  constexpr Production kCases[] = {
      {"allow if debtor in @vip", "...a..a."},
      {"alert if creditor not in @vip", "AAAA..AA"},
      {"alert if not (creditor in @vip)", "AAAA..AA"},
      {"alert if debtor in @nobody", "........"},
      {"alert if distance_km() > 800", "A......."},
      {"alert if distance_km() > 900", "........"},
      {"alert if memo = 'a gift card'", ".A......"},
      {"alert if memo = \"a gift card\"", ".A......"},
      {"alert if memo like '%gift%'", ".A......"},
      {"alert if amount between 600 and 9000 and not (type = 'transfer')", "..A....A"},
      {"alert if type in ('refund', 'transfer') or amount in (1, 700)", ".A.A..AA"},
      {"alert if card is null", "...A..A."},
  };
  expect_each(kCases);
}

TEST(Grammar, EveryField) {
  constexpr Production kCases[] = {
      {"alert if id = 'first'", "A......."},
      {"alert if time > '2026-01-06'", ".......A"},
      {"alert if amount = 9500", "....AA.."},
      {"alert if fee = 0.5", "A......."},
      {"alert if currency = 'EUR'", "......A."},
      {"alert if type = 'transfer'", ".A......"},
      {"alert if channel = 'web'", ".A......"},
      {"alert if debtor = '4'", "...A..A."},
      {"alert if creditor = 'account:4'", "....AA.."},
      {"alert if merchant = 7", "A......."},
      {"alert if card = 5", "AAA....A"},
      {"alert if device = '8'", "A......."},
      {"alert if ip = '10.0.0.1'", "A......."},
      {"alert if mcc = 5411", "A......."},
      {"alert if category = '5411'", "A......."},
      {"alert if debtor.country = 'DE'", "A......."},
      {"alert if creditor.country = 'FR'", "A......."},
      {"alert if memo is not null", ".A......"},
      {"alert if hour = 1", "....AAAA"},
      {"alert if weekday = 0", "AAAAAAA."},
      {"alert if nonce = 2", ".A......"},
      {"alert if late", "......A."},
      {"alert if attrs.risk > 5", "..A....."},
      {"alert if attrs.tier = 'gold'", "..A....."},
      {"alert if attrs.new", "..A....."},
      {"alert if feature.amount_z > 3", ".....A.."},
      {"alert if score > 0.6", ".....A.."},
      {"alert if tail > 3.5", ".....A.."},
      {"alert if detector.forest > 1", "....AA.."},
      {"alert if balance > 400", "A......."},
  };
  expect_each(kCases);
}

TEST(Grammar, LimitsBandsAndTypologies) {
  constexpr Production kCases[] = {
      {"limit block to 20% over 1d min 1 then hold\nblock if amount > 5000", "..H.HH.."},
      {"limit block to 20% over 1d min 1 then alert\nblock if amount > 5000", "..A.AA.."},
      {"limit block to 20% over 1d min 4 then hold\nblock if amount > 5000", "..B.HH.."},
      {"limit block to 33.4% over 1d min 1 then hold\nblock if amount > 5000", "..B.HH.."},
      {"band b on amount: below 100 -> .01; 100 to below 9000 -> .02 'some'; 9000 and above -> "
       ".03\n"
       "typology t = weight(b, .02: 50, .03: 100) alert at 100",
       "..A.AA.."},
      {"band b on amount: below 100 -> .01; 100 to below 9000 -> .02; 9000 and above -> .03 "
       "\"lots\"\n"
       "typology t = weight(b, .02: 50, .03: 100) alert at 50 block at 100",
       "AAB.BB.A"},
      {"band b on amount: below 100 -> .01; 100 and above -> .02\n"
       "typology t = weight(b, .02: 50) hold at 50",
       "HHH.HH.H"},
      {"band b on amount: when type = 'refund' -> .x00 'no payment';\n"
       "   below 100 -> .01; 100 and above -> .02\n"
       "typology t = weight(b, .x00: 9, .01: 1)\nalert if points.t = 9",
       "...A...."},
      {"band r on attrs.risk: below 5 -> .01; 5 and above -> .02\n"
       "typology t = weight(r, .err: 1, .02: 7)\nalert if points.t = 1\nblock if points.t = 7",
       "AABAAAAA"},
      {"band b on amount: below 100 -> .01; 100 to below 9000 -> .02; 9000 and above -> .03\n"
       "typology t = (weight(b, .02: 50) + 10) * 2 - 20 / 4\nalert if points.t = 115",
       "AA.....A"},
      {"band a on amount: below 100 -> .01; 100 and above -> .02\n"
       "band c on count(debtor, 1h): below 2 -> .01; 2 and above -> .02\n"
       "typology t = weight(a, .02: 1) + weight(c, .02: 2)\nalert if points.t = 3 at now",
       ".AA..A.."},
  };
  expect_each(kCases);
}

struct Slip {
  const char* text;
  const char* reason;
  std::uint32_t line, column;
  const char* nearest;
};

void expect_slip(const Slip& slip) {
  SCOPED_TRACE(slip.text);
  CompileContext context;
  context.detectors = {"forest"};
  std::vector<RuleError> errors;
  EXPECT_FALSE(check_rules(slip.text, context, errors).has_value());
  ASSERT_EQ(errors.size(), 1U);
  const RuleError& error = errors[0];
  EXPECT_EQ(error.reason, slip.reason) << error.to_string();
  EXPECT_EQ(error.line, slip.line) << error.to_string();
  EXPECT_EQ(error.column, slip.column) << error.to_string();
  EXPECT_EQ(error.nearest, slip.nearest) << error.to_string();
  // The line as written, and below it the caret under the column.
  std::string_view text = slip.text;
  for (std::uint32_t line = 1; line < slip.line; ++line) text.remove_prefix(text.find('\n') + 1);
  std::string shown(text.substr(0, text.find('\n')));
  shown += '\n' + std::string(slip.column - 1, ' ') + '^';
  EXPECT_EQ(error.caret, shown);
}

TEST(Grammar, SlipsInStatementsAreNamedWhereTheyStand) {
  constexpr Slip kSlips[] = {
      {"windw w = count(card, 1h)", "expr_syntax", 1, 1, "window"},
      {"rule r: alrt if true", "expr_syntax", 1, 9, "alert"},
      {"rule r alert if true", "expr_syntax", 1, 8, ""},
      {"rule : alert if true", "expr_syntax", 1, 6, ""},
      {"tag if true", "expr_syntax", 1, 8, ""},
      {"score x if true", "expr_syntax", 1, 7, ""},
      {"score -1001 if true", "number_range", 1, 8, ""},
      {"alert if true becase 'x'", "expr_syntax", 1, 15, "because"},
      {"alert if true shadwo", "expr_syntax", 1, 15, "shadow"},
      {"alert if true 5", "expr_syntax", 1, 15, ""},
      {"alert if true at when", "expr_syntax", 1, 22, ""},
      {"let x", "expr_syntax", 1, 6, ""},
      {"let x = ", "expr_syntax", 1, 9, ""},
      {"limit hold to 2% over 10m min 5 then hold", "expr_syntax", 1, 7, ""},
      {"limit block to 2 over 10m min 5 then hold", "expr_syntax", 1, 18, ""},
      {"limit block to 2% over 10 min 5 then hold", "expr_syntax", 1, 24, ""},
      {"limit block to 2% over 500d min 5 then hold", "window_width", 1, 24, ""},
      {"limit block to 2% over 10m min x then hold", "expr_syntax", 1, 32, ""},
      {"limit block to 2% over 10m min 5 then block", "expr_syntax", 1, 39, ""},
      {"band b on amount: below 1 -> .01; 1 and above -> .02\n"
       "typology t = weight(b, .04: 1)",
       "name_unknown", 2, 24, ""},
      {"band bands on amount: below 1 -> .01; 1 and above -> .02\n"
       "typology t = weight(band, .01: 1)",
       "name_unknown", 2, 21, "bands"},
      {"band b on amount: below 1 -> .01; 1 and above -> .02\n"
       "typology t9 = weight(b, .01: 1)\nalert if points.t8 > 1",
       "name_unknown", 3, 10, "points.t9"},
  };
  for (const Slip& slip : kSlips) expect_slip(slip);
}

TEST(Grammar, SlipsInExpressionsAreNamedWhereTheyStand) {
  constexpr Slip kSlips[] = {
      {"alert if", "expr_syntax", 1, 9, ""},
      {"alert if amount >", "expr_syntax", 1, 18, ""},
      {"alert if (amount > 5", "expr_syntax", 1, 21, ""},
      {"alert if amount > 5)", "expr_syntax", 1, 20, ""},
      {"block if chanel = 'web'", "name_unknown", 1, 10, "channel"},
      {"block if debtor.contry = 'DE'", "name_unknown", 1, 10, "debtor.country"},
      {"alert if feature.amout_z > 1", "name_unknown", 1, 10, "feature.amount_z"},
      {"alert if detector.forst > 1", "name_unknown", 1, 10, "forest"},
      {"let large = amount > 500\nblock if lagre", "name_unknown", 2, 10, "large"},
      {"window hourly = count(card, 1h)\nblock if\n   hourl > 3", "name_unknown", 3, 4, "hourly"},
      {"alert if attrs > 1", "name_unknown", 1, 10, ""},
      {"alert if sine(card) < 5", "function_unknown", 1, 10, "since"},
      {"alert if distinkt(card, debtor, 1h) > 5", "function_unknown", 1, 10, "distinct"},
      {"alert if count(card, 1x) > 1", "lex_number", 1, 22, ""},
      {"alert if count(card, 1h exakt) > 1", "expr_syntax", 1, 25, ""},
      {"alert if count(card, 1h where amount) > 1", "type_mismatch", 1, 31, ""},
      {"alert if count((card, device, ip, debtor, creditor), 1h) > 1", "window_key", 1, 43, ""},
      {"alert if count(debtr, 1h) > 1", "window_key", 1, 16, "debtor"},
      {"alert if sum(card, 1h) > 1", "window_value", 1, 10, ""},
      {"alert if since() > 1", "expr_syntax", 1, 16, ""},
      {"alert if since(amount) > 1", "window_key", 1, 16, ""},
      {"alert if distance_km(1) > 1", "expr_syntax", 1, 22, ""},
      {"alert if debtor in vip", "expr_syntax", 1, 20, ""},
      {"alert if debtor in @", "expr_syntax", 1, 21, ""},
      {"alert if memo = 'gift", "lex_string", 1, 17, ""},
      {"alert if type = 'paiment'", "name_unknown", 1, 17, "payment"},
  };
  for (const Slip& slip : kSlips) expect_slip(slip);
}

}  // namespace
}  // namespace weir::decide
