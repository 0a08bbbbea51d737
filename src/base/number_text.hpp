// number_text: a double as messages name it, so that no offending value reads as 0.000000.
//
//   number_text(1e-160)   // "1e-160"
//   number_text(0.1)      // "0.1"
#pragma once

#include <string>

namespace weir {

// Formats the shortest text that reads back as `value`; "nan", "inf", "-inf".
std::string number_text(double value);

}  // namespace weir
