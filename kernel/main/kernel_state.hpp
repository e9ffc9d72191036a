// SPDX-License-Identifier: Apache-2.0
// implements: LLR-302
// What the kernel itself keeps in .bss.
#ifndef BULKHEAD_KERNEL_MAIN_KERNEL_STATE_HPP_
#define BULKHEAD_KERNEL_MAIN_KERNEL_STATE_HPP_

#include "health/integrity_state.hpp"
#include "main/console_mux.hpp"

namespace bulkhead {

/// What the kernel itself keeps in .bss; everything that the configuration sizes lies in the state segment.
struct KernelState {
  u64 counter_hz;
  u64 boot_entered;          ///< counter at entry of the image
  u64 boot_first_guest;      ///< counter just before the first guest instruction of the boot core, or of any if it has none
  u64 boot_memory_ticks;     ///< of these, spent on partitions' memory
  u32 panic;                 ///< 1: an epitaph was written; every core stops
  u32 all_halted_said;
  u32 booted;                ///< 1: every core was started
  u32 reset_wanted;          ///< 1: the board is to be reset once all is said
  u32 watching;              ///< 1: the supervisor core looks after deadlines; its own word
  IntegrityState integrity;  ///< supervisor core only
  ConsoleMuxState mux;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_KERNEL_STATE_HPP_
