// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-732
// expect-gcc: cannot convert
// expect-clang: cannot initialize
#include "base/types.hpp"

bulkhead::u16 row = 1;
#ifdef CONTROL
bulkhead::PartitionId id = bulkhead::PartitionId{row};
#else
bulkhead::PartitionId id = row;
#endif
