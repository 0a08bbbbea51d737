// Masking of party texts as the configuration asks for: wire.mask and its key.
//
//   WEIR_ASSIGN(options.pass.masking, load_masking(config));   // null: nothing is masked
#pragma once

#include <memory>
#include <string>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "wire/text_id.hpp"

namespace weir::main {

// Returns null if wire.mask is empty. Errors: those of read_key_file().
Result<std::shared_ptr<const wire::Masking>> load_masking(const Config& config);

// Remembers in `dir` by which key its texts are masked, and refuses another one from then on
// (failed_precondition, mask_key_differs): every party would become a stranger.
Status remember_mask_key(const std::string& dir, const wire::Masking* masking);

}  // namespace weir::main
