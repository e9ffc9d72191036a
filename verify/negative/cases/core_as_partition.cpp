// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-732
// expect-gcc: cannot convert
// expect-clang: cannot initialize
#include "base/types.hpp"

#ifdef CONTROL
bulkhead::PartitionId id = bulkhead::PartitionId{1};
#else
bulkhead::PartitionId id = bulkhead::CoreId{1};
#endif
