#include "server/http/parser.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/http/parse_in_pieces.hpp"

namespace weir::server {
namespace {

TEST(RequestParser, ReadsTheSameInAnyPieces) {
  const std::filesystem::path corpus =
      std::filesystem::path(WEIR_SOURCE_DIR) / "tests/fuzz/http_parser_fuzz";
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const Parsed whole = parse_in_pieces(bytes, bytes.size() + 1);
    for (std::size_t piece = 1; piece < 40; ++piece) {
      const Parsed parsed = parse_in_pieces(bytes, piece);
      EXPECT_TRUE(agree(whole, parsed))
          << entry.path() << " by " << piece << ": " << whole.status << " and " << parsed.status;
    }
    ++files;
  }
  EXPECT_GE(files, 6U);
}

// A bad line may be refused as soon as it is seen, and must be once the header ends.
TEST(RequestParser, RefusesABadLineAtTheLatestWhenTheHeaderEnds) {
  const std::string bad = "POST / HTTP/1.1\r\nhost: t\r\nconte GET / HTTP/1.0\r\n";
  for (std::size_t piece = 1; piece < 60; ++piece) {
    EXPECT_NE(parse_in_pieces(bad, piece).status, 200U);
    EXPECT_EQ(parse_in_pieces(bad + "\r\n", piece).status, 400U) << piece;
  }
}

// "0\r\n" in one segment and "\r" in the next tripped an assertion of Beast's: anybody could stop
// the server.
TEST(RequestParser, TakesAnEmptyChunkedBodyByteByByte) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece < 60; ++piece)
    EXPECT_EQ(parse_in_pieces(bytes, piece).status, 200U) << piece;
}

TEST(RequestParser, SurvivesEveryChangedByte) {
  const std::string good =
      "POST /x?a=b HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  EXPECT_EQ(parse_in_pieces(good, 7).status, 200U);
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char c : {'\0', '\n', ' ', '9', 'G', '\xff', ':'}) {
      std::string bytes = good;
      bytes[at] = c;
      EXPECT_EQ(parse_in_pieces(bytes, bytes.size()).status, parse_in_pieces(bytes, 3).status);
    }
}

TEST(Request, DecodesPathsAndQueries) {
  Request request;
  request.target = "/a%2Fb?x=1%262&y&x=3&z=%zz&w=a+b";
  EXPECT_EQ(request.path(), "/a%2Fb");
  EXPECT_EQ(request.query("x"), "1&2");
  EXPECT_EQ(request.query("y"), "");
  EXPECT_EQ(request.query("w"), "a b");
  EXPECT_FALSE(request.query("z"));
  EXPECT_FALSE(request.query("v"));
  EXPECT_FALSE(percent_decode("%00", false));
  EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
}

TEST(HeaderList, FindsNamesWithoutCase) {
  HeaderList headers;
  headers.add("Content-Type", "text/csv");
  headers.add("x", "");
  EXPECT_EQ(headers.find("content-type"), "text/csv");
  EXPECT_EQ(headers.find("content-typ"), "");
  EXPECT_EQ(headers.count("X"), 1U);
}

}  // namespace
}  // namespace weir::server
