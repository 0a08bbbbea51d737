// The reply of a submission as bytes, for the way from one process to another of the same program.
//
//   ByteWriter out;  encode(reply, out);
//   WEIR_ASSIGN(Reply again, decode_reply(out.bytes()));     // data_loss (reply_cut) if cut short
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "gate/submission.hpp"

namespace weir::gate {

void encode(const Reply& reply, ByteWriter& out);
Result<Reply> decode_reply(Bytes bytes);

}  // namespace weir::gate
