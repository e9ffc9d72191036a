// SPDX-License-Identifier: Apache-2.0
// The supervisor core's own work: the board's console, what is due by its timer, the end of all partitions.
#ifndef BULKHEAD_KERNEL_MAIN_SUPERVISION_HPP_
#define BULKHEAD_KERNEL_MAIN_SUPERVISION_HPP_

#include "main/kernel_state.hpp"
#include "main/watch.hpp"

namespace bulkhead {

template <class F>
class Supervision {
  using Io = typename F::Io;
  using Gic = typename F::Gic;
  using Mux = ConsoleMux<F>;

 public:
  /// Something of the feature set asks for the supervisor core's timer.
  static constexpr bool kTimed = F::kWatchdogs || F::kStartOrder || F::kIntegrity || F::BoardWatchdog::kPresent;

  // implements: LLR-169, LLR-208, LLR-1103
  /// Somebody left a notice or console bytes. `on_room(partition)` is told of rings that were full.
  template <class OnRoom>
  [[gnu::always_inline]] static void attend(Core& core, OnRoom on_room) {
    const ConfigHeader& config = F::config();
    KernelState& kernel = F::kernel();
    if constexpr (kTimed) {
      if (kernel.watching == 0 && load_acquire(&kernel.booted) != 0) {
        kernel.watching = 1;
        Deadlines<Io, Gic>::set(core, DeadlineUser::kSupervisor, 0);  // at once, by the interrupt: `look` may come back here
      }
    }
    // Looked at before sending: every notice of a partition that has ended is then in its ring, and is said first.
    const bool ended = load_acquire(&kernel.booted) != 0 && all_halted(config);
    bool resets = false;
    if constexpr (F::kBoardReset) {
      resets = load_acquire(&kernel.reset_wanted) != 0 && !any_ordered(config);
    }
    const bool more = Mux::pump(kernel.mux, config, on_room);
    if (more) {
      Gic::send_kernel_sgi(core.index);
      return;
    }
    if (kernel.mux.idle == 0) {
      return;
    }
    if (F::kBoardReset && resets) {
      finish(kPsciSystemReset);
    }
    if (!ended) {
      return;
    }
    if (kernel.all_halted_said == 0) {
      kernel.all_halted_said = 1;
      NoticeRing::post(core, NoticeKind::kAllHalted, 0, nullptr, 0, 0);
      Gic::send_kernel_sgi(core.index);
      return;
    }
    if constexpr (F::BoardWatchdog::kPresent) {
      F::BoardWatchdog::stop();
    }
    finish(kPsciSystemOff);
  }

  // implements: LLR-1101
  /// The deadline came.
  static void look(Core& core) { Watch<F>::look(core); }

  /// The firmware's power-off or reset, once the last words are out.
  [[gnu::cold, gnu::noinline]] static void finish(u64 function) {
    while (!F::Uart::drained()) {
      Io::yield();  // bounded by the UART's FIFO and baud rate
    }
    (void)Io::firmware_call(function, 0, 0, 0);
  }

 private:
  /// An order under way: its notice is still to come.
  [[gnu::cold]] static bool any_ordered(const ConfigHeader& config) {
    for (u32 i = 0; i < config.partition_count; ++i) {
      if (load_acquire(&config.partitions[i].state->command) != Command::kNone) {
        return true;
      }
    }
    return false;
  }

  [[gnu::cold]] static bool all_halted(const ConfigHeader& config) {
    for (u32 i = 0; i < config.partition_count; ++i) {
      const PartitionState& state = *config.partitions[i].state;
      if (load_acquire(&state.mode) != PartitionMode::kHalted || load_relaxed(&state.command) != Command::kNone) {
        return false;
      }
    }
    return true;
  }

  static constexpr u64 kPsciSystemOff = 0x8400'0008;
  static constexpr u64 kPsciSystemReset = 0x8400'0009;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_SUPERVISION_HPP_
