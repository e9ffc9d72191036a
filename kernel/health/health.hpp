// SPDX-License-Identifier: Apache-2.0
// Health monitor: event and partition state give an action, from the partition's constant table. It decides; the caller
// (main) carries out.
#ifndef BULKHEAD_KERNEL_HEALTH_HEALTH_HPP_
#define BULKHEAD_KERNEL_HEALTH_HEALTH_HPP_

#include "config/schema.hpp"

namespace bulkhead {

/// An entry of the table taken apart.
struct Reaction {
  HealthAction action;
  u32 schedule;   ///< of kSwitchSchedule
};

// implements: LLR-241
/// What the configuration names for `event` in the partition's present `state`.
inline Reaction health_reaction(const PartitionConfig& partition, PartitionMode state, HealthEvent event) {
  const u32 mode = static_cast<u32>(state);
  const u32 column = mode == 0 ? 0 : mode - 1;
  const u32 entry = partition.actions[static_cast<u32>(event)][column];
  return Reaction{static_cast<HealthAction>(entry & 0xF), entry >> 4};
}

/// A set of actions, as the feature set states which ones the tables of its systems may hold.
constexpr u32 action_bit(HealthAction action) { return u32{1} << static_cast<u32>(action); }

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_HEALTH_HEALTH_HPP_
