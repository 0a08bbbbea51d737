// AssetStore: the console's files, inside the program, compressed once at start.
//
//   const Asset* asset = assets.find("app.js");
//   assets.etag matches If-None-Match -> 304
//
// Immutable after construction; any thread.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace weir::server {

struct EmbeddedFile {
  std::string_view name;  // "index.html"
  std::string_view type;  // media type
  std::string_view bytes;
};

// Returns the files of web/src as they were when the program was built.
std::span<const EmbeddedFile> embedded_files();

struct Asset {
  std::string type;
  std::string etag;  // quoted SHA-256 of the plain bytes
  std::shared_ptr<const std::string> plain;
  std::shared_ptr<const std::string> gzip;
};

class AssetStore {
 public:
  explicit AssetStore(std::span<const EmbeddedFile> files = embedded_files());
  // Returns the asset, or null.
  const Asset* find(std::string_view name) const;
  std::size_t gzip_bytes() const;

 private:
  std::map<std::string, Asset, std::less<>> assets_;
};

}  // namespace weir::server
