// SPDX-License-Identifier: Apache-2.0
// implements: LLR-364
// GICv2 of a system with `direct` partitions: the physical CPU interface in the hands of a guest, besides what gicv2.hpp does.
#ifndef BULKHEAD_KERNEL_DRIVER_IRQ_GICV2_HANDED_HPP_
#define BULKHEAD_KERNEL_DRIVER_IRQ_GICV2_HANDED_HPP_

#include "driver/irq/gicv2.hpp"

namespace bulkhead {

template <class Io, class Map>
class Gicv2Handed {
  using Gic = Gicv2<Io, Map>;

 public:
  /// Reset state: closed, until the guest opens it.
  static void give_interface() {
    Gic::store(Gic::kCpuInterface + Gic::kGiccCtlr, 0);
    Gic::store(Gic::kCpuInterface + Gic::kGiccPmr, 0);
    Gic::store(Gic::kCpuInterface + Gic::kGiccBpr, 0);
    Gic::store(Gic::kCpuInterface + Gic::kGiccApr0, 0);
    Gic::store(Gic::kCpuInterface + Gic::kGiccNsapr0, 0);
  }
  /// What a guest that sleeps left, to be put back.
  struct SavedInterface {
    u32 ctlr;
    u32 pmr;
    u32 apr0;
    u32 nsapr0;
  };
  /// Opens the interface for the kernel's SGI (priority 0), beside what the guest itself lets through.
  [[gnu::cold]] static SavedInterface open_for_kernel() {
    const SavedInterface saved{Gic::load(Gic::kCpuInterface + Gic::kGiccCtlr), Gic::load(Gic::kCpuInterface + Gic::kGiccPmr), Gic::load(Gic::kCpuInterface + Gic::kGiccApr0),
                               Gic::load(Gic::kCpuInterface + Gic::kGiccNsapr0)};
    const u32 running = Gic::load(Gic::kCpuInterface + Gic::kGiccRpr);
    u32 mask = running < saved.pmr ? running : saved.pmr;
    if ((saved.ctlr & Gic::kGiccCtlrEnable) == 0 || mask < Gic::kKernelOnlyMask) {
      mask = Gic::kKernelOnlyMask;
    }
    Gic::store(Gic::kCpuInterface + Gic::kGiccApr0, 0);
    Gic::store(Gic::kCpuInterface + Gic::kGiccNsapr0, 0);
    Gic::store(Gic::kCpuInterface + Gic::kGiccPmr, mask);
    Gic::store(Gic::kCpuInterface + Gic::kGiccCtlr, saved.ctlr | Gic::kGiccCtlrEnable);
    return saved;
  }
  [[gnu::cold]] static void restore_interface(const SavedInterface& saved) {
    Gic::store(Gic::kCpuInterface + Gic::kGiccCtlr, saved.ctlr);
    Gic::store(Gic::kCpuInterface + Gic::kGiccPmr, saved.pmr);
    Gic::store(Gic::kCpuInterface + Gic::kGiccApr0, saved.apr0);
    Gic::store(Gic::kCpuInterface + Gic::kGiccNsapr0, saved.nsapr0);
  }
  /// Routes nothing of the guest's system register accesses: GICv2 has none.
  static void trap_interface(bool /*on*/) {}
  // implements: LLR-366
  /// SGIs and PPIs of this core: nothing active, no SGI pending, priorities as a guest finds them.
  [[gnu::cold]] static void clear_banked(u32 core) {
    Gic::store(Gic::kGicdIcactiver, ~u32{0});
    for (u32 word = 0; word < 4; ++word) {
      Gic::store(Gic::kGicdCpendsgir + word * 4, ~u32{0});
    }
    Gic::reset_banked_priorities(core);
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_IRQ_GICV2_HANDED_HPP_
