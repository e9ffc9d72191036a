// SPDX-License-Identifier: Apache-2.0
// The last event counter of a core's performance monitors, kept for EL2 (MDCR_EL2.HPMN) and seen by no guest: it counts
// what EL1 and EL0 do and interrupts when it wraps.
#ifndef BULKHEAD_KERNEL_DRIVER_COUNTER_PMU_HPP_
#define BULKHEAD_KERNEL_DRIVER_COUNTER_PMU_HPP_

#include "arch/aarch64/registers_pmu.hpp"

namespace bulkhead {

template <class Io>
class EventCounter {
 public:
  // implements: LLR-1180
  /// True when the core counts `event` (0-31: the common events of PMCEID0_EL0) and has a counter to spare. PMUVer 0: no
  /// performance monitors, 0xF: none that the architecture describes.
  [[gnu::cold]] static bool counts(u32 event) {
    const u64 version = Io::template read<IdAa64dfr0El1>().template get<IdAa64dfr0El1::PmuVer>();
    return version != 0 && version != 0xF && ((Io::template read<Pmceid0El0>().value >> event) & 1) != 0;
  }
  /// HPMN may not be 0, so that two counters are the least.
  [[gnu::cold]] static bool spare() { return Io::template read<PmcrEl0>().template get<PmcrEl0::N>() >= 2; }

  // implements: LLR-1180
  /// Once on each core: no counter runs, the last one is EL2's and selected for good (guests' accesses to PMSELR trap).
  [[gnu::cold]] static void initialise() {
    const u64 last = Io::template read<PmcrEl0>().template get<PmcrEl0::N>() - 1;
    Io::write(PmcntenclrEl0{kAll});
    Io::write(PmintenclrEl1{kAll});
    Io::write(PmovsclrEl0{kAll});
    Io::write(Io::template read<MdcrEl2>().template with<MdcrEl2::Hpmn>(last).template with<MdcrEl2Hpme>(1));
    Io::write(PmcrEl0{0}.with<PmcrEl0E>(1));  // QEMU's interrupt asks for this one, the architecture's for HPME
    Io::write(PmselrEl0{last});
    Io::isb();  // PMXEVTYPER and PMXEVCNTR are the selected one's from here on
    Io::write(PmintensetEl1{u64{1} << last});
  }

  // implements: LLR-1181
  /// Interrupts after `left` more of `event`. The filter bits stay 0: EL1 and EL0 count, EL2 does not.
  static void arm(u32 event, u32 left) {
    Io::write(PmxevtyperEl0{event});
    Io::write(PmxevcntrEl0{u32{0} - left});
    Io::write(PmcntensetEl0{selected()});
  }
  static u32 value() { return static_cast<u32>(Io::template read<PmxevcntrEl0>().value); }
  /// Stands still, its interrupt down.
  static void stop() {
    Io::write(PmcntenclrEl0{kAll});
    Io::write(PmovsclrEl0{kAll});
    Io::isb();  // the level is down before the interrupt is ended
  }

 private:
  static u64 selected() { return u64{1} << Io::template read<PmselrEl0>().value; }
  static constexpr u64 kAll = 0xFFFF'FFFF;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_COUNTER_PMU_HPP_
