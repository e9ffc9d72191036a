// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-732
// expect-gcc: cannot convert
// expect-clang: cannot initialize
#include "base/types.hpp"

bulkhead::IrqId irq{};
#ifdef CONTROL
bulkhead::u32 n = bulkhead::raw(irq);
#else
bulkhead::u32 n = irq;
#endif
