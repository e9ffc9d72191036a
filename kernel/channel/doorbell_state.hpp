// SPDX-License-Identifier: Apache-2.0
// implements: LLR-901
// Doorbells as tables and in memory: what `notify` rings, and what sender and receiver share.
#ifndef BULKHEAD_KERNEL_CHANNEL_DOORBELL_STATE_HPP_
#define BULKHEAD_KERNEL_CHANNEL_DOORBELL_STATE_HPP_

#include "partition/state.hpp"

namespace bulkhead {

inline constexpr u32 kMaxDoorbells = 128;  ///< other ends of one partition's channels

/// What the two sides of a doorbell of a virtual receiver share; each word has one writer.
struct DoorbellState {
  Reach* reach;  ///< receiver: of the vCPU that takes it; null: halted or being loaded
  u32 rung;      ///< sender: counts up
  u32 seen;      ///< receiver: the last value acted upon
};

enum class DoorbellKind : u8 {
  kNoEnd,     ///< the partition has no end of the channel in this slot
  kSilent,    ///< it has; the other end has no doorbell
  kVirtual,   ///< by DoorbellState and an SGI to the receiver's core
  kDirect     ///< by GICD_ISPENDR, no kernel code on the receiver's side
};

/// What `notify` does to one other end of a channel. Entry n of a partition's table is the first one of slot n; `next`
/// leads to further ones, which stand after all slots.
struct Doorbell {
  DoorbellState* state;  ///< kVirtual
  u32 mask;              ///< kDirect: bit of the SPI in its word of GICD_ISPENDR
  u16 word;              ///< kDirect: that word
  DoorbellKind kind;
  u8 next;               ///< entry of another end, or 0
};

/// The receiving side of a doorbell on a `virtual` partition.
struct DoorbellSource {
  DoorbellState* state;
  u16 irq;
  u16 reserved[3];
};

static_assert(sizeof(Doorbell) == 16 && sizeof(DoorbellSource) == 16, "fixed layout");

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_CHANNEL_DOORBELL_STATE_HPP_
