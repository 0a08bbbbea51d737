// The place of an import in the log: how far a file has been read, in the checkpoint record of the
// block that holds its last row.
//
//   submission.checkpoint = import_checkpoint(source.checkpoint(), "tx.csv");
//   WEIR_ASSIGN(csv.resume, find_import_place(gate, path, "tx.csv"));
#pragma once

#include <string>

#include "gate/gate.hpp"
#include "wire/csv/csv_source.hpp"

namespace weir::main {

gate::CheckpointControl import_checkpoint(const wire::ImportCheckpoint& place,
                                          const std::string& name);

// Returns the newest place of the file at `path` in the gate's log, which it reads backwards.
// Errors: not_found (no_checkpoint); failed_precondition (file_changed) if the log knows a file
// called `name` that was another one; those of reading file and log.
Result<wire::ImportCheckpoint> find_import_place(const gate::Gate& gate, const std::string& path,
                                                 const std::string& name);

}  // namespace weir::main
