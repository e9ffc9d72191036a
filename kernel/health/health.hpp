// SPDX-License-Identifier: Apache-2.0
// Health monitor: event and partition state give an action, from the partition's constant table. It decides; the caller
// (main) carries out.
#ifndef BULKHEAD_KERNEL_HEALTH_HEALTH_HPP_
#define BULKHEAD_KERNEL_HEALTH_HEALTH_HPP_

#include "config/schema.hpp"

namespace bulkhead {

// implements: LLR-241
/// The action that the configuration names for `event` in the partition's present `state`.
inline HealthAction health_action(const PartitionConfig& partition, PartitionMode state, HealthEvent event) {
  const u32 mode = static_cast<u32>(state);
  const u32 column = mode == 0 ? 0 : mode - 1;
  return static_cast<HealthAction>(partition.actions[static_cast<u32>(event)][column]);
}

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_HEALTH_HEALTH_HPP_
