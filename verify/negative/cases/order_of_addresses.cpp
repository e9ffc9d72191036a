// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-731
// expect-gcc: no match for
// expect-clang: invalid operands
#include "base/types.hpp"

bool f(bulkhead::Pa a, bulkhead::Pa b) {
#ifdef CONTROL
  return a == b;
#else
  return a < b;
#endif
}
