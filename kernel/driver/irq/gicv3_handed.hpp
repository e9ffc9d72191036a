// SPDX-License-Identifier: Apache-2.0
// implements: LLR-364
// GICv3 of a system with `direct` partitions: the physical CPU interface in the hands of a guest, besides what gicv3.hpp does.
#ifndef BULKHEAD_KERNEL_DRIVER_IRQ_GICV3_HANDED_HPP_
#define BULKHEAD_KERNEL_DRIVER_IRQ_GICV3_HANDED_HPP_

#include "driver/irq/gicv3.hpp"

namespace bulkhead {

template <class Io, class Map>
class Gicv3Handed {
  using Gic = Gicv3<Io, Map>;

 public:
  /// Reset state: closed, until the guest opens it.
  static void give_interface() {
    Io::write(IccIgrpen1El1{0});
    Io::write(IccCtlrEl1{0});
    Io::write(IccPmrEl1{0});
    Io::write(IccBpr1El1{0});
    Io::write(IccAp1r0El1{0});
    Io::isb();
  }
  /// What a guest that sleeps left, to be put back.
  struct SavedInterface {
    u64 group_enable;
    u64 mask;
    u64 active;
  };
  /// Opens the interface for the kernel's SGI (priority 0), beside what the guest itself lets through.
  [[gnu::cold]] static SavedInterface open_for_kernel() {
    const SavedInterface saved{Io::template read<IccIgrpen1El1>().value, Io::template read<IccPmrEl1>().value,
                               Io::template read<IccAp1r0El1>().value};
    const u64 running = Io::template read<IccRprEl1>().value;
    u64 mask = running < saved.mask ? running : saved.mask;
    if ((saved.group_enable & 1) == 0 || mask < Gic::kKernelOnlyMask) {
      mask = Gic::kKernelOnlyMask;
    }
    Io::write(IccAp1r0El1{0});
    Io::write(IccPmrEl1{mask});
    Io::write(IccIgrpen1El1{1});
    Io::isb();
    return saved;
  }
  [[gnu::cold]] static void restore_interface(const SavedInterface& saved) {
    Io::write(IccIgrpen1El1{saved.group_enable});
    Io::write(IccPmrEl1{saved.mask});
    Io::write(IccAp1r0El1{saved.active});
    Io::isb();
  }
  /// SGI generation of a `direct` guest traps (ICH_HCR_EL2.TC), and PMR, CTLR, RPR and DIR with it.
  static void trap_interface(bool on) { Io::write(IchHcrEl2{0}.with<IchHcrEl2::Tc>(on ? 1 : 0)); }
  // implements: LLR-366
  /// SGIs and PPIs of this core: nothing active, no SGI pending, priorities as a guest finds them.
  [[gnu::cold]] static void clear_banked(u32 core) {
    Io::mmio_write32(Gic::sgi(core), Gic::kGicdIcactiver, ~u32{0});
    Io::mmio_write32(Gic::sgi(core), Gic::kGicdIcpendr, 0x0000'FFFF);
    Gic::reset_banked_priorities(core);
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_IRQ_GICV3_HANDED_HPP_
