// The strict operations, value by value: null in, null out.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "base/bytes.hpp"
#include "base/decimal.hpp"
#include "base/hash.hpp"
#include "base/numeric/elementary.hpp"
#include "base/time_text.hpp"
#include "ops/expr/parser.hpp"
#include "ops/expr/spelling.hpp"
#include "ops/expr/typed.hpp"

namespace weir::expr {
namespace {

struct Call {
  const ScalarOp& op;
  const Value* args;
  const Type* types;
  std::size_t count;
  TextArena& arena;
  Value& out;
};

unsigned scale_of(const Value& value, Type type) {
  return type.per_row() ? value.scale : type.is(Kind::kDecimal) ? type.scale : 0U;
}

int compare(const Value& a, Type a_type, const Value& b, Type b_type) {
  switch (a_type.kind) {
    case Kind::kF64:
      return compare_f64(a.f, b.f);
    case Kind::kString: {
      const int order = a.s.compare(b.s);
      return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    default:
      return compare_decimal(a.i, scale_of(a, a_type), b.i, scale_of(b, b_type));
  }
}

Fault set_wide(Value& out, Wide value, unsigned scale) {
  if (!fits_i64(value)) return Fault::kOverflow;
  out = Value::of_i64(static_cast<std::int64_t>(value));
  out.scale = static_cast<std::uint8_t>(scale);
  return Fault::kNone;
}

// + - * div % of integers, decimals, timestamps and durations; exact or a fault.
Fault whole_arithmetic(const Call& call, TypedOp op) {
  const Value& a = call.args[0];
  const Value& b = call.args[1];
  const unsigned a_scale = scale_of(a, call.types[0]);
  const unsigned b_scale = scale_of(b, call.types[1]);
  if (op == TypedOp::kMul) {
    Wide product = static_cast<Wide>(a.i) * b.i;
    unsigned scale = a_scale + b_scale;
    for (; scale > kScaleMax; --scale) {
      if (product % 10 != 0) return Fault::kOverflow;
      product /= 10;
    }
    return set_wide(call.out, product, scale);
  }
  const unsigned scale = std::max(a_scale, b_scale);
  const Wide left = static_cast<Wide>(a.i) * kPowersOfTen[scale - a_scale];
  const Wide right = static_cast<Wide>(b.i) * kPowersOfTen[scale - b_scale];
  if (op == TypedOp::kAdd) return set_wide(call.out, left + right, scale);
  if (op == TypedOp::kSub) return set_wide(call.out, left - right, scale);
  if (right == 0) return Fault::kZeroDivision;
  return op == TypedOp::kMod ? set_wide(call.out, left % right, scale)
                             : set_wide(call.out, left / right, 0);
}

Fault arithmetic(const Call& call, TypedOp op) {
  if (!call.op.type.is(Kind::kF64)) return whole_arithmetic(call, op);
  const double a = call.args[0].f;
  const double b = call.args[1].f;
  double result = 0;
  switch (op) {
    case TypedOp::kAdd:
      result = a + b;
      break;
    case TypedOp::kSub:
      result = a - b;
      break;
    case TypedOp::kMul:
      result = a * b;
      break;
    case TypedOp::kDiv:
      if (call.op.sub != 0 && b == 0) return Fault::kZeroDivision;
      result = a / b;
      break;
    default:
      result = numeric::remainder_trunc(a, b);
  }
  call.out = Value::of_f64(result);
  return Fault::kNone;
}

Fault text_to(const Call& call) {
  const std::string_view text = call.args[0].s;
  const Type to = call.op.type;
  std::int64_t us = 0;
  switch (to.kind) {
    case Kind::kBool:
      if (text != "true" && text != "false") return Fault::kCast;
      call.out = Value::of_i64(text == "true" ? 1 : 0);
      return Fault::kNone;
    case Kind::kTimestamp:
    case Kind::kDuration:
      if (!(to.is(Kind::kTimestamp) ? parse_time(text, us) : parse_duration(text, us)))
        return Fault::kCast;
      call.out = Value::of_i64(us);
      return Fault::kNone;
    case Kind::kDecimal: {
      const Decimal decimal = parse_decimal(text, to.scale);
      if (decimal.error != DecimalError::kNone) return Fault::kCast;
      call.out = Value::of_i64(decimal.units);
      return Fault::kNone;
    }
    default:
      break;
  }
  if (text.empty() || text.front() == '+') return Fault::kCast;
  const Result<Literal> literal = parse_number_literal(text);
  if (!literal || (to.is(Kind::kI64) && literal->kind != Kind::kI64)) return Fault::kCast;
  if (to.is(Kind::kI64)) {
    call.out = Value::of_i64(literal->i);
  } else {
    call.out = Value::of_f64(
        literal->kind == Kind::kF64 ? literal->f : decimal_to_f64(literal->i, literal->scale));
  }
  return Fault::kNone;
}

Fault to_text(const Call& call) {
  const Value& value = call.args[0];
  const Type from = call.types[0];
  std::array<char, 64> buffer;
  std::string text;
  switch (from.kind) {
    case Kind::kBool:
      text = value.i != 0 ? "true" : "false";
      break;
    case Kind::kF64: {
      const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.f);
      text.assign(buffer.data(), result.ptr);
      if (value.f != value.f) text = "nan";  // without the sign, which no operation promises
      break;
    }
    case Kind::kDecimal:
      text = format_decimal(value.i, scale_of(value, from));
      break;
    case Kind::kTimestamp:
      text = format_time(value.i);
      break;
    case Kind::kDuration:
      text = value.i % 1'000'000 == 0 ? duration_text(value.i) : std::to_string(value.i) + "us";
      break;
    default: {
      const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.i);
      const auto size = static_cast<std::size_t>(result.ptr - buffer.data());
      char* digits = call.arena.take(size);
      std::copy_n(buffer.data(), size, digits);
      call.out = Value::of_text({digits, size});
      return Fault::kNone;
    }
  }
  char* bytes = call.arena.take(text.size());
  std::copy(text.begin(), text.end(), bytes);
  call.out = Value::of_text({bytes, text.size()});
  return Fault::kNone;
}

Fault f64_to_whole(double value, unsigned scale, Value& out) {
  const double scaled = numeric::round(value * static_cast<double>(kPowersOfTen[scale]));
  if (!(scaled >= -0x1p63 && scaled < 0x1p63)) return Fault::kCast;
  out = Value::of_i64(static_cast<std::int64_t>(scaled));
  return Fault::kNone;
}

Fault convert(const Call& call) {
  const Value& value = call.args[0];
  const Type from = call.types[0];
  const Type to = call.op.type;
  const unsigned scale = from.is(Kind::kDuration) ? 6 : scale_of(value, from);  // in seconds
  if (from.is(Kind::kString)) return text_to(call);
  switch (to.kind) {
    case Kind::kString:
      return to_text(call);
    case Kind::kBool:
      call.out = Value::of_i64(value.i != 0 ? 1 : 0);
      return Fault::kNone;
    case Kind::kF64:
      call.out = Value::of_f64(decimal_to_f64(value.i, scale));
      return Fault::kNone;
    case Kind::kDuration:
      if (from.is(Kind::kF64)) return f64_to_whole(value.f, 6, call.out);
      call.out = Value::of_i64(0);
      return rescale(value.i, scale, 6, call.out.i);
    default:
      break;
  }
  if (to.per_row()) {
    call.out = value;
    call.out.scale = static_cast<std::uint8_t>(scale);
    return Fault::kNone;
  }
  const unsigned to_scale = to.is(Kind::kDecimal) ? to.scale : 0;
  if (from.is(Kind::kF64)) return f64_to_whole(value.f, to_scale, call.out);
  call.out = Value::of_i64(0);
  return rescale(value.i, scale, to_scale, call.out.i);
}

Fault whole_part(const Call& call, Function function) {
  const Value& value = call.args[0];
  if (call.types[0].is(Kind::kF64)) {
    call.out = Value::of_f64(function == Function::kFloor  ? numeric::floor(value.f)
                             : function == Function::kCeil ? numeric::ceil(value.f)
                                                           : numeric::round(value.f));
    return Fault::kNone;
  }
  const unsigned scale = scale_of(value, call.types[0]);
  call.out = Value::of_i64(0);
  if (function == Function::kRound) return rescale(value.i, scale, 0, call.out.i);
  const std::int64_t step = kPowersOfTen[scale];
  const std::int64_t rest = value.i % step;
  call.out.i = value.i / step;
  if (rest < 0 && function == Function::kFloor) --call.out.i;
  if (rest > 0 && function == Function::kCeil) ++call.out.i;
  return Fault::kNone;
}

double elementary(Function function, double x) {
  switch (function) {
    case Function::kExp:
      return numeric::exp(x);
    case Function::kLn:
      return numeric::ln(x);
    case Function::kLog10:
      return numeric::log10(x);
    default:
      return x < 0 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(x);
  }
}

Fault negate(const Call& call, bool only_negative) {
  const Value& value = call.args[0];
  call.out = value;
  if (call.op.type.is(Kind::kF64)) {
    call.out.f = only_negative ? numeric::absolute(value.f) : -value.f;
    return Fault::kNone;
  }
  if (only_negative && value.i >= 0) return Fault::kNone;
  if (value.i == std::numeric_limits<std::int64_t>::min()) return Fault::kOverflow;
  call.out.i = -value.i;
  return Fault::kNone;
}

Value extreme(const Call& call, bool least) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < call.count; ++i) {
    const int order = compare(call.args[i], call.types[i], call.args[best], call.types[best]);
    if (least ? order < 0 : order > 0) best = i;
  }
  return call.args[best];
}

std::uint64_t hash_value(const Value& value, Type type) {
  std::int64_t word = value.i;
  if (type.is(Kind::kString)) return xxh3_64(as_bytes(value.s));
  if (type.is(Kind::kF64)) {
    const double f = value.f == 0 ? 0.0 : value.f;
    word = f != f ? 0x7FF8000000000000 : std::bit_cast<std::int64_t>(f);
  }
  unsigned scale = scale_of(value, type);
  for (; scale > 0 && word % 10 == 0; --scale) word /= 10;
  std::array<std::uint8_t, 9> bytes;
  store(bytes.data(), word);
  bytes[8] = static_cast<std::uint8_t>(scale);
  return xxh3_64(Bytes(bytes).first(scale == 0 ? 8 : 9));
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

// The code points start..start+length-1, from 1; what lies outside the text does not count.
std::string_view substring(std::string_view text, std::int64_t start, std::int64_t length) {
  if (length <= 0) return {};
  std::int64_t last = 0;
  if (__builtin_add_overflow(start, length - 1, &last))
    last = start > 0 ? std::numeric_limits<std::int64_t>::max() : 0;
  std::size_t begin = text.size();
  std::int64_t point = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80) continue;
    ++point;
    if (point >= start && begin == text.size()) begin = i;
    if (point > last) return begin < i ? text.substr(begin, i - begin) : std::string_view{};
  }
  return text.substr(begin);
}

Fault change_case(const Call& call, char first, char last) {
  const std::string_view text = call.args[0].s;
  char* bytes = call.arena.take(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    bytes[i] = text[i] >= first && text[i] <= last ? static_cast<char>(text[i] ^ 0x20) : text[i];
  call.out = Value::of_text({bytes, text.size()});
  return Fault::kNone;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

std::int64_t date_part(Function function, std::int64_t us) {
  const std::int64_t day = floor_div(us, kMicrosPerDay);
  switch (function) {
    case Function::kHour:
      return (us - day * kMicrosPerDay) / (3'600 * kMicrosPerSecond);
    case Function::kMinute:
      return (us - day * kMicrosPerDay) / (60 * kMicrosPerSecond) % 60;
    case Function::kDow: {
      const std::int64_t dow = (day + 4) % 7;  // 1970-01-01 was a Thursday
      return dow < 0 ? dow + 7 : dow;
    }
    default: {
      const CivilTime time = to_civil(us);
      // Each on its own: the day is unsigned, and would make a year before 0 so, too.
      return function == Function::kYear    ? static_cast<std::int64_t>(time.year)
             : function == Function::kMonth ? static_cast<std::int64_t>(time.month)
                                            : static_cast<std::int64_t>(time.day);
    }
  }
}

Fault date_trunc(const Call& call) {
  const std::string_view unit = call.args[0].s;
  const std::int64_t us = call.args[1].i;
  std::int64_t step = 0;
  if (unit == "second") step = kMicrosPerSecond;
  if (unit == "minute") step = 60 * kMicrosPerSecond;
  if (unit == "hour") step = 3'600 * kMicrosPerSecond;
  if (unit == "day") step = kMicrosPerDay;
  Wide result = 0;
  if (step != 0) {
    result = static_cast<Wide>(floor_div(us, step)) * step;
  } else if (unit == "week") {  // begins on Monday; day 0 was a Thursday
    result =
        (static_cast<Wide>(floor_div(floor_div(us, kMicrosPerDay) + 3, 7)) * 7 - 3) * kMicrosPerDay;
  } else {
    CivilTime time = to_civil(us);
    if (unit == "quarter") time.month = (time.month - 1) / 3 * 3 + 1;
    if (unit == "year") time.month = 1;
    result = static_cast<Wide>(days_from_civil(time.year, time.month, 1)) * kMicrosPerDay;
  }
  return set_wide(call.out, result, 0);
}

Fault interval(const Call& call) {
  const std::string_view unit = call.args[1].s;
  std::int64_t step = kMicrosPerSecond;
  if (unit == "minute") step *= 60;
  if (unit == "hour") step *= 3'600;
  if (unit == "day") step = kMicrosPerDay;
  if (unit == "week") step = 7 * kMicrosPerDay;
  return set_wide(call.out, static_cast<Wide>(call.args[0].i) * step, 0);
}

Fault call_text(const Call& call, Function function) {
  const std::string_view text = call.args[0].s;
  const std::string_view other = call.count > 1 ? call.args[1].s : std::string_view{};
  switch (function) {
    case Function::kLower:
      return change_case(call, 'A', 'Z');
    case Function::kUpper:
      return change_case(call, 'a', 'z');
    case Function::kStartsWith:
      call.out = Value::of_i64(text.starts_with(other) ? 1 : 0);
      return Fault::kNone;
    case Function::kEndsWith:
      call.out = Value::of_i64(text.ends_with(other) ? 1 : 0);
      return Fault::kNone;
    case Function::kContains:
      call.out = Value::of_i64(text.find(other) != std::string_view::npos ? 1 : 0);
      return Fault::kNone;
    case Function::kSubstr:
      call.out = Value::of_text(
          substring(text, call.args[1].i,
                    call.count > 2 ? call.args[2].i : std::numeric_limits<std::int64_t>::max()));
      return Fault::kNone;
    default:
      call.out = Value::of_i64(static_cast<std::int64_t>(code_points(text)));
      return Fault::kNone;
  }
}

Fault call_function(const Call& call) {
  const auto function = static_cast<Function>(call.op.sub);
  switch (function) {
    case Function::kAbs:
      return negate(call, true);
    case Function::kFloor:
    case Function::kCeil:
    case Function::kRound:
      return whole_part(call, function);
    case Function::kSqrt:
    case Function::kExp:
    case Function::kLn:
    case Function::kLog10:
      call.out = Value::of_f64(elementary(function, call.args[0].f));
      return Fault::kNone;
    case Function::kPow:
      call.out = Value::of_f64(numeric::pow(call.args[0].f, call.args[1].f));
      return Fault::kNone;
    case Function::kLeast:
    case Function::kGreatest:
      call.out = extreme(call, function == Function::kLeast);
      return Fault::kNone;
    case Function::kNullif:
      call.out = call.args[0];
      call.out.null = compare(call.args[0], call.types[0], call.args[1], call.types[1]) == 0;
      return Fault::kNone;
    case Function::kIsNan:
      call.out = Value::of_i64(numeric::is_nan(call.args[0].f) ? 1 : 0);
      return Fault::kNone;
    case Function::kDateTrunc:
      return date_trunc(call);
    case Function::kInterval:
      return interval(call);
    case Function::kHash64:
      call.out =
          Value::of_i64(std::bit_cast<std::int64_t>(hash_value(call.args[0], call.types[0])));
      return Fault::kNone;
    case Function::kYear:
    case Function::kMonth:
    case Function::kDay:
    case Function::kHour:
    case Function::kMinute:
    case Function::kDow:
      call.out = Value::of_i64(date_part(function, call.args[0].i));
      return Fault::kNone;
    default:
      return call_text(call, function);
  }
}

}  // namespace

Fault apply(const ScalarOp& op, const Value* args, const Type* types, std::size_t count,
            TextArena& arena, Value& out) {
  const auto kind = static_cast<TypedOp>(op.op);
  const bool nullif = kind == TypedOp::kCall && static_cast<Function>(op.sub) == Function::kNullif;
  out = {};
  for (std::size_t i = 0; i < count; ++i)
    if (args[i].null) {
      if (nullif) out = args[0];  // what equals nothing stays
      return Fault::kNone;
    }
  const Call call{op, args, types, count, arena, out};
  switch (kind) {
    case TypedOp::kCompare:
      out = Value::of_i64(
          satisfies(static_cast<Comparison>(op.sub), compare(args[0], types[0], args[1], types[1]))
              ? 1
              : 0);
      return Fault::kNone;
    case TypedOp::kLike:
      out = Value::of_i64(like_match(args[0].s, args[1].s) != (op.sub != 0) ? 1 : 0);
      return Fault::kNone;
    case TypedOp::kNeg:
      return negate(call, false);
    case TypedOp::kConcat: {
      char* bytes = arena.take(args[0].s.size() + args[1].s.size());
      std::copy(args[1].s.begin(), args[1].s.end(),
                std::copy(args[0].s.begin(), args[0].s.end(), bytes));
      out = Value::of_text({bytes, args[0].s.size() + args[1].s.size()});
      return Fault::kNone;
    }
    case TypedOp::kConvert:
      return convert(call);
    case TypedOp::kCall:
      return call_function(call);
    default:
      return arithmetic(call, kind);
  }
}

}  // namespace weir::expr
