// Any bytes as a saved set of lists: refused, or saved again to what loads.
#include "base/check.hpp"
#include "decide/lists.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weir::decide::Lists lists;
  weir::ByteReader in({data, size});
  if (!lists.load(in).is_ok()) return 0;
  weir::ByteWriter out;
  lists.save(out);
  weir::ByteReader again(out.bytes());
  weir::decide::Lists copy;
  CHECK(copy.load(again).is_ok());
  CHECK(copy.size() == lists.size());
  return 0;
}
