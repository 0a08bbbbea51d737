#include "server/assets/asset_store.hpp"

#include <zlib.h>

#include "base/check.hpp"
#include "base/hash.hpp"

namespace weir::server {
namespace {

std::string gzip(std::string_view plain) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  CHECK_EQ(
      deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY),
      Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(plain.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

AssetStore::AssetStore(std::span<const EmbeddedFile> files) {
  for (const EmbeddedFile& file : files) {
    Asset asset;
    asset.type = file.type;
    asset.etag = "\"" + to_hex(sha256(as_bytes(file.bytes))) + "\"";
    asset.plain = std::make_shared<const std::string>(file.bytes);
    asset.gzip = std::make_shared<const std::string>(gzip(file.bytes));
    assets_.emplace(std::string(file.name), std::move(asset));
  }
}

const Asset* AssetStore::find(std::string_view name) const {
  const auto found = assets_.find(name);
  return found == assets_.end() ? nullptr : &found->second;
}

std::size_t AssetStore::gzip_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [name, asset] : assets_) bytes += asset.gzip->size();
  return bytes;
}

}  // namespace weir::server
