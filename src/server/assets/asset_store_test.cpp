#include "server/assets/asset_store.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace weir::server {
namespace {

std::string gunzip(const std::string& zipped, std::size_t size) {
  std::string plain(size, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  stream.avail_in = static_cast<uInt>(zipped.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  return plain;
}

TEST(AssetStore, HoldsEachFilePlainAndZipped) {
  const AssetStore assets;
  for (const EmbeddedFile& file : embedded_files()) {
    const Asset* asset = assets.find(file.name);
    ASSERT_NE(asset, nullptr);
    EXPECT_EQ(*asset->plain, file.bytes);
    EXPECT_EQ(gunzip(*asset->gzip, file.bytes.size()), file.bytes);
    EXPECT_EQ(asset->etag.size(), 66U);
  }
  EXPECT_EQ(assets.find("nothing.js"), nullptr);
}

TEST(AssetStore, StaysWithinItsBudget) {
  EXPECT_LE(AssetStore().gzip_bytes(), 200U * 1024);
}

TEST(AssetStore, NamesNoOtherHostAndBuildsNoMarkup) {
  for (const EmbeddedFile& file : embedded_files()) {
    std::string text(file.bytes);
    for (std::size_t at; (at = text.find("http://www.w3.org/2000/svg")) != std::string::npos;)
      text.erase(at, 26);
    for (const char* banned :
         {"http://", "https://", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write",
          "eval(", "<style", "style=\"", "onclick=\""})
      EXPECT_EQ(text.find(banned), std::string::npos) << file.name << " holds " << banned;
  }
}

}  // namespace
}  // namespace weir::server
