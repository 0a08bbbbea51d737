#include "wire/iso_code.hpp"

#include <array>

namespace weir::wire {
namespace {

// clang-format off
constexpr Currency kCurrencies[] = {
    {"AED", 784, 2}, {"AFN", 971, 2}, {"ALL", 8, 2}, {"AMD", 51, 2}, {"ANG", 532, 2},
    {"AOA", 973, 2}, {"ARS", 32, 2}, {"AUD", 36, 2}, {"AWG", 533, 2}, {"AZN", 944, 2},
    {"BAM", 977, 2}, {"BBD", 52, 2}, {"BDT", 50, 2}, {"BGN", 975, 2}, {"BHD", 48, 3},
    {"BIF", 108, 0}, {"BMD", 60, 2}, {"BND", 96, 2}, {"BOB", 68, 2}, {"BOV", 984, 2},
    {"BRL", 986, 2}, {"BSD", 44, 2}, {"BTN", 64, 2}, {"BWP", 72, 2}, {"BYN", 933, 2},
    {"BZD", 84, 2}, {"CAD", 124, 2}, {"CDF", 976, 2}, {"CHE", 947, 2}, {"CHF", 756, 2},
    {"CHW", 948, 2}, {"CLF", 990, 4}, {"CLP", 152, 0}, {"CNY", 156, 2}, {"COP", 170, 2},
    {"COU", 970, 2}, {"CRC", 188, 2}, {"CUC", 931, 2}, {"CUP", 192, 2}, {"CVE", 132, 2},
    {"CZK", 203, 2}, {"DJF", 262, 0}, {"DKK", 208, 2}, {"DOP", 214, 2}, {"DZD", 12, 2},
    {"EGP", 818, 2}, {"ERN", 232, 2}, {"ETB", 230, 2}, {"EUR", 978, 2}, {"FJD", 242, 2},
    {"FKP", 238, 2}, {"GBP", 826, 2}, {"GEL", 981, 2}, {"GHS", 936, 2}, {"GIP", 292, 2},
    {"GMD", 270, 2}, {"GNF", 324, 0}, {"GTQ", 320, 2}, {"GYD", 328, 2}, {"HKD", 344, 2},
    {"HNL", 340, 2}, {"HRK", 191, 2}, {"HTG", 332, 2}, {"HUF", 348, 2}, {"IDR", 360, 2},
    {"ILS", 376, 2}, {"INR", 356, 2}, {"IQD", 368, 3}, {"IRR", 364, 2}, {"ISK", 352, 0},
    {"JMD", 388, 2}, {"JOD", 400, 3}, {"JPY", 392, 0}, {"KES", 404, 2}, {"KGS", 417, 2},
    {"KHR", 116, 2}, {"KMF", 174, 0}, {"KPW", 408, 2}, {"KRW", 410, 0}, {"KWD", 414, 3},
    {"KYD", 136, 2}, {"KZT", 398, 2}, {"LAK", 418, 2}, {"LBP", 422, 2}, {"LKR", 144, 2},
    {"LRD", 430, 2}, {"LSL", 426, 2}, {"LYD", 434, 3}, {"MAD", 504, 2}, {"MDL", 498, 2},
    {"MGA", 969, 2}, {"MKD", 807, 2}, {"MMK", 104, 2}, {"MNT", 496, 2}, {"MOP", 446, 2},
    {"MRU", 929, 2}, {"MUR", 480, 2}, {"MVR", 462, 2}, {"MWK", 454, 2}, {"MXN", 484, 2},
    {"MXV", 979, 2}, {"MYR", 458, 2}, {"MZN", 943, 2}, {"NAD", 516, 2}, {"NGN", 566, 2},
    {"NIO", 558, 2}, {"NOK", 578, 2}, {"NPR", 524, 2}, {"NZD", 554, 2}, {"OMR", 512, 3},
    {"PAB", 590, 2}, {"PEN", 604, 2}, {"PGK", 598, 2}, {"PHP", 608, 2}, {"PKR", 586, 2},
    {"PLN", 985, 2}, {"PYG", 600, 0}, {"QAR", 634, 2}, {"RON", 946, 2}, {"RSD", 941, 2},
    {"RUB", 643, 2}, {"RWF", 646, 0}, {"SAR", 682, 2}, {"SBD", 90, 2}, {"SCR", 690, 2},
    {"SDG", 938, 2}, {"SEK", 752, 2}, {"SGD", 702, 2}, {"SHP", 654, 2}, {"SLE", 925, 2},
    {"SLL", 694, 2}, {"SOS", 706, 2}, {"SRD", 968, 2}, {"SSP", 728, 2}, {"STN", 930, 2},
    {"SVC", 222, 2}, {"SYP", 760, 2}, {"SZL", 748, 2}, {"THB", 764, 2}, {"TJS", 972, 2},
    {"TMT", 934, 2}, {"TND", 788, 3}, {"TOP", 776, 2}, {"TRY", 949, 2}, {"TTD", 780, 2},
    {"TWD", 901, 2}, {"TZS", 834, 2}, {"UAH", 980, 2}, {"UGX", 800, 0}, {"USD", 840, 2},
    {"USN", 997, 2}, {"UYI", 940, 0}, {"UYU", 858, 2}, {"UYW", 927, 4}, {"UZS", 860, 2},
    {"VED", 926, 2}, {"VES", 928, 2}, {"VND", 704, 0}, {"VUV", 548, 0}, {"WST", 882, 2},
    {"XAF", 950, 0}, {"XAG", 961, 0}, {"XAU", 959, 0}, {"XBA", 955, 0}, {"XBB", 956, 0},
    {"XBC", 957, 0}, {"XBD", 958, 0}, {"XCD", 951, 2}, {"XDR", 960, 0}, {"XOF", 952, 0},
    {"XPD", 964, 0}, {"XPF", 953, 0}, {"XPT", 962, 0}, {"XSU", 994, 0}, {"XTS", 963, 2},
    {"XUA", 965, 0}, {"XX" "X", 999, 2}, {"YER", 886, 2}, {"ZAR", 710, 2}, {"ZMW", 967, 2},
    {"ZWL", 932, 2},
};

struct Country {
  char code[3];
  std::uint16_t number;
};
constexpr Country kCountries[] = {
    {"AD", 20}, {"AE", 784}, {"AF", 4}, {"AG", 28}, {"AI", 660}, {"AL", 8}, {"AM", 51},
    {"AO", 24}, {"AQ", 10}, {"AR", 32}, {"AS", 16}, {"AT", 40}, {"AU", 36}, {"AW", 533},
    {"AX", 248}, {"AZ", 31}, {"BA", 70}, {"BB", 52}, {"BD", 50}, {"BE", 56}, {"BF", 854},
    {"BG", 100}, {"BH", 48}, {"BI", 108}, {"BJ", 204}, {"BL", 652}, {"BM", 60}, {"BN", 96},
    {"BO", 68}, {"BQ", 535}, {"BR", 76}, {"BS", 44}, {"BT", 64}, {"BV", 74}, {"BW", 72},
    {"BY", 112}, {"BZ", 84}, {"CA", 124}, {"CC", 166}, {"CD", 180}, {"CF", 140}, {"CG", 178},
    {"CH", 756}, {"CI", 384}, {"CK", 184}, {"CL", 152}, {"CM", 120}, {"CN", 156}, {"CO", 170},
    {"CR", 188}, {"CU", 192}, {"CV", 132}, {"CW", 531}, {"CX", 162}, {"CY", 196}, {"CZ", 203},
    {"DE", 276}, {"DJ", 262}, {"DK", 208}, {"DM", 212}, {"DO", 214}, {"DZ", 12}, {"EC", 218},
    {"EE", 233}, {"EG", 818}, {"EH", 732}, {"ER", 232}, {"ES", 724}, {"ET", 231}, {"FI", 246},
    {"FJ", 242}, {"FK", 238}, {"FM", 583}, {"FO", 234}, {"FR", 250}, {"GA", 266}, {"GB", 826},
    {"GD", 308}, {"GE", 268}, {"GF", 254}, {"GG", 831}, {"GH", 288}, {"GI", 292}, {"GL", 304},
    {"GM", 270}, {"GN", 324}, {"GP", 312}, {"GQ", 226}, {"GR", 300}, {"GS", 239}, {"GT", 320},
    {"GU", 316}, {"GW", 624}, {"GY", 328}, {"HK", 344}, {"HM", 334}, {"HN", 340}, {"HR", 191},
    {"HT", 332}, {"HU", 348}, {"ID", 360}, {"IE", 372}, {"IL", 376}, {"IM", 833}, {"IN", 356},
    {"IO", 86}, {"IQ", 368}, {"IR", 364}, {"IS", 352}, {"IT", 380}, {"JE", 832}, {"JM", 388},
    {"JO", 400}, {"JP", 392}, {"KE", 404}, {"KG", 417}, {"KH", 116}, {"KI", 296}, {"KM", 174},
    {"KN", 659}, {"KP", 408}, {"KR", 410}, {"KW", 414}, {"KY", 136}, {"KZ", 398}, {"LA", 418},
    {"LB", 422}, {"LC", 662}, {"LI", 438}, {"LK", 144}, {"LR", 430}, {"LS", 426}, {"LT", 440},
    {"LU", 442}, {"LV", 428}, {"LY", 434}, {"MA", 504}, {"MC", 492}, {"MD", 498}, {"ME", 499},
    {"MF", 663}, {"MG", 450}, {"MH", 584}, {"MK", 807}, {"ML", 466}, {"MM", 104}, {"MN", 496},
    {"MO", 446}, {"MP", 580}, {"MQ", 474}, {"MR", 478}, {"MS", 500}, {"MT", 470}, {"MU", 480},
    {"MV", 462}, {"MW", 454}, {"MX", 484}, {"MY", 458}, {"MZ", 508}, {"NA", 516}, {"NC", 540},
    {"NE", 562}, {"NF", 574}, {"NG", 566}, {"NI", 558}, {"NL", 528}, {"NO", 578}, {"NP", 524},
    {"NR", 520}, {"NU", 570}, {"NZ", 554}, {"OM", 512}, {"PA", 591}, {"PE", 604}, {"PF", 258},
    {"PG", 598}, {"PH", 608}, {"PK", 586}, {"PL", 616}, {"PM", 666}, {"PN", 612}, {"PR", 630},
    {"PS", 275}, {"PT", 620}, {"PW", 585}, {"PY", 600}, {"QA", 634}, {"RE", 638}, {"RO", 642},
    {"RS", 688}, {"RU", 643}, {"RW", 646}, {"SA", 682}, {"SB", 90}, {"SC", 690}, {"SD", 729},
    {"SE", 752}, {"SG", 702}, {"SH", 654}, {"SI", 705}, {"SJ", 744}, {"SK", 703}, {"SL", 694},
    {"SM", 674}, {"SN", 686}, {"SO", 706}, {"SR", 740}, {"SS", 728}, {"ST", 678}, {"SV", 222},
    {"SX", 534}, {"SY", 760}, {"SZ", 748}, {"TC", 796}, {"TD", 148}, {"TF", 260}, {"TG", 768},
    {"TH", 764}, {"TJ", 762}, {"TK", 772}, {"TL", 626}, {"TM", 795}, {"TN", 788}, {"TO", 776},
    {"TR", 792}, {"TT", 780}, {"TV", 798}, {"TW", 158}, {"TZ", 834}, {"UA", 804}, {"UG", 800},
    {"UM", 581}, {"US", 840}, {"UY", 858}, {"UZ", 860}, {"VA", 336}, {"VC", 670}, {"VE", 862},
    {"VG", 92}, {"VI", 850}, {"VN", 704}, {"VU", 548}, {"WF", 876}, {"WS", 882}, {"YE", 887},
    {"YT", 175}, {"ZA", 710}, {"ZM", 894}, {"ZW", 716},
};
// clang-format on

constexpr std::size_t kNumbers = 1'000;

constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

// Perfect indexes: letters to base 26 and numbers below 1,000; entry + 1, 0 = none.
constexpr auto kByLetters = [] {
  std::array<std::uint8_t, 26 * 26 * 26> index{};
  for (std::size_t i = 0; i < std::size(kCurrencies); ++i) {
    const char* c = kCurrencies[i].code;
    index[static_cast<std::size_t>(((c[0] - 'A') * 26 + c[1] - 'A') * 26 + c[2] - 'A')] =
        static_cast<std::uint8_t>(i + 1);
  }
  return index;
}();
constexpr auto kByNumber = [] {
  std::array<std::uint8_t, kNumbers> index{};
  for (std::size_t i = 0; i < std::size(kCurrencies); ++i)
    index[kCurrencies[i].number] = static_cast<std::uint8_t>(i + 1);
  return index;
}();
constexpr auto kCountryByLetters = [] {
  std::array<std::uint16_t, 26 * 26> index{};
  for (const Country& country : kCountries)
    index[static_cast<std::size_t>((country.code[0] - 'A') * 26 + country.code[1] - 'A')] =
        country.number;
  return index;
}();

// Returns the letters as a number to base 26, or -1.
template <std::size_t N>
int letters(std::string_view text) {
  if (text.size() != N) return -1;
  int value = 0;
  for (const char c : text) {
    const char letter = upper(c);
    if (letter < 'A' || letter > 'Z') return -1;
    value = value * 26 + (letter - 'A');
  }
  return value;
}

}  // namespace

const Currency* find_currency(std::string_view code) {
  const int at = letters<3>(code);
  if (at < 0 || kByLetters[static_cast<std::size_t>(at)] == 0) return nullptr;
  return &kCurrencies[kByLetters[static_cast<std::size_t>(at)] - 1];
}

const Currency* find_currency(std::uint16_t number) {
  if (number >= kNumbers || kByNumber[number] == 0) return nullptr;
  return &kCurrencies[kByNumber[number] - 1];
}

std::string_view currency_code_of_name(std::string_view name) {
  struct Name {
    std::string_view name;
    std::string_view code;
  };
  static constexpr Name kNames[] = {{"US Dollar", "USD"},    {"Euro", "EUR"},
                                    {"Yuan", "CNY"},         {"Yen", "JPY"},
                                    {"UK Pound", "GBP"},     {"Ruble", "RUB"},
                                    {"Rupee", "INR"},        {"Australian Dollar", "AUD"},
                                    {"Brazil Real", "BRL"},  {"Canadian Dollar", "CAD"},
                                    {"Mexican Peso", "MXN"}, {"Saudi Riyal", "SAR"},
                                    {"Shekel", "ILS"},       {"Swiss Franc", "CHF"},
                                    {"Bitcoin", "BTC"}};
  for (const Name& known : kNames)
    if (known.name == name) return known.code;
  return name;
}

std::uint16_t country_number(std::string_view code) {
  const int at = letters<2>(code);
  return at < 0 ? std::uint16_t{0} : kCountryByLetters[static_cast<std::size_t>(at)];
}

std::string_view country_code(std::uint16_t number) {
  for (const Country& country : kCountries)
    if (country.number == number) return {country.code, 2};
  return {};
}

}  // namespace weir::wire
