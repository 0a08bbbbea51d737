// Preview: what an import would make of a file, from its first bytes: format, mapping, events,
// problems.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "server/ingest/upload.hpp"

namespace weir::server {

inline constexpr std::size_t kPreviewBytes = 64 * 1024;
inline constexpr std::size_t kPreviewEvents = 10;

// Returns {"format","mapping","events":[...],"problems":[...]}; the mapping is TOML text, empty
// unless CSV. A body cut inside its last line is no problem.
Result<std::string> preview_json(std::string_view body, const UploadOptions& options);

}  // namespace weir::server
