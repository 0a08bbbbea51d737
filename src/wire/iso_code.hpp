// ISO 4217 currencies and ISO 3166 countries as the record holds them: by number.
//
//   const Currency* euro = find_currency("EUR");   // number 978, exponent 2
//   country_number("DE");                          // 276
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::wire {

struct Currency {
  char code[4];
  std::uint16_t number;
  std::uint8_t exponent;
};

// Returns a currency by its three letters (either case) or nullptr.
const Currency* find_currency(std::string_view code);
// Returns a currency by number or nullptr.
const Currency* find_currency(std::uint16_t number);
// Returns the ISO code of a currency that a data set writes out ("US Dollar", "Yen"); "BTC" for
// Bitcoin; the text itself if it is not such a name.
std::string_view currency_code_of_name(std::string_view name);

// Returns the number of a two-letter country code (either case), 0 if unknown.
std::uint16_t country_number(std::string_view code);
// Returns the two letters of a country number, empty if unknown.
std::string_view country_code(std::uint16_t number);

}  // namespace weir::wire
