// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-732
// expect-gcc: cannot convert
// expect-clang: cannot initialize
#include "base/types.hpp"

bulkhead::PartitionId id{};
#ifdef CONTROL
bulkhead::u32 row = bulkhead::raw(id);
#else
bulkhead::u32 row = id;
#endif
