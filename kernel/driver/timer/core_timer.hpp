// SPDX-License-Identifier: Apache-2.0
// The EL2 physical timer (CNTHP, Arm ARM D11.2.4) of the core that runs: the one timer that the kernel has for itself.
// Guests own the virtual and the EL1 physical timer; a core whose feature set names no user of this one never touches it.
#ifndef BULKHEAD_KERNEL_DRIVER_TIMER_CORE_TIMER_HPP_
#define BULKHEAD_KERNEL_DRIVER_TIMER_CORE_TIMER_HPP_

#include "arch/aarch64/registers.hpp"

namespace bulkhead {

template <class Io, class Gic>
class CoreTimer {
 public:
  static constexpr u32 kIrq = 26;              ///< PPI of CNTHP by Arm's server base recommendations; the boards' trees agree
  static constexpr u64 kNever = ~u64{0};

  // implements: LLR-1101
  /// Once on each core that uses the timer, off until armed. Priority 0: before every interrupt of a guest.
  [[gnu::cold]] static void initialise(u32 core) {
    Io::write(CnthpCtlEl2{0});
    Gic::set_banked_priority(core, kIrq, 0);
    Gic::enable(core, 0, u32{1} << kIrq);
  }

  // implements: LLR-1101
  /// The interrupt comes when the counter reaches `when`, at once if it has; kNever switches it off.
  static void arm(u64 when) {
    Io::write(CnthpCvalEl2{when});
    Io::write(CnthpCtlEl2{0}.with<CnthpCtlEl2::Enable>(when != kNever ? 1 : 0));
    Io::isb();  // a level that went down is down before the interrupt is ended
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_TIMER_CORE_TIMER_HPP_
