// SPDX-License-Identifier: Apache-2.0
// The board's watchdog in the hands of the supervisor core: restarted as long as all is well, else left to reset the board.
// A `Driver` has start(control), which is true when the device runs; restart(); stop().
#ifndef BULKHEAD_KERNEL_PARTITION_BOARD_WATCHDOG_HPP_
#define BULKHEAD_KERNEL_PARTITION_BOARD_WATCHDOG_HPP_

#include "arch/aarch64/cpu.hpp"
#include "base/epitaph.hpp"
#include "base/time.hpp"
#include "config/extended.hpp"
#include "partition/state.hpp"

namespace bulkhead {

template <class F, class Driver>
class BoardWatchdog {
 public:
  static constexpr bool kPresent = true;

  // implements: LLR-1190
  /// On the boot core, when all others are up.
  [[gnu::cold]] static void start() {
    if (!Driver::start(F::config().watchdog_control) && F::config().watchdog_required != 0) {
      F::epitaph(EpitaphId::kBoardWatchdog, F::config().watchdog_control, 0);
    }
  }

  // implements: LLR-1191
  /// On the supervisor core, four times in the watchdog's time; when to come again.
  static u64 look(const Core& core, u64 now) {
    BoardWatchdogState& state = *F::config().watchdog;
    if (now >= state.due) {
      const u64 quarter = ticks_from_ns(F::config().watchdog_ns / 4, F::counter_hz());
      if (all_well(core, now - 2 * quarter)) {
        Driver::restart();
      }
      state.due = now + quarter;
    }
    return state.due;
  }

  /// Off is not a failure.
  [[gnu::cold]] static void stop() { Driver::stop(); }

 private:
  /// No core is in its epitaph, and none with a scheduler has let a moment before `since` pass at which it was to look. The
  /// supervisor core shows by being here.
  static bool all_well(const Core& core, u64 since) {
    if constexpr (F::Scheduler::kShared) {
      for (u32 i = 0; i < F::config().core_count; ++i) {
        const CoreConfig& other = F::config().cores[i];
        if (i != core.index && other.shared != nullptr &&
            load_relaxed(&other.core->deadlines[static_cast<u32>(DeadlineUser::kScheduler)]) < since) {
          return false;
        }
      }
    }
    return load_relaxed(&F::kernel().panic) == 0;
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_BOARD_WATCHDOG_HPP_
