// SPDX-License-Identifier: Apache-2.0
// implements: LLR-121, LLR-122, LLR-126, LLR-141, LLR-361
// GICv2 with virtualization extensions (Arm IHI 0048B): distributor, CPU interface, virtual interface control.
// Stateless: every function is one or two register accesses. `Map` gives kernel virtual addresses and sizes:
//   kDistributor, kCpuInterface (first page), kCpuInterfaceDir (page that holds GICC_DIR), kVirtualControl, kIrqWords.
#ifndef BULKHEAD_KERNEL_DRIVER_IRQ_GICV2_HPP_
#define BULKHEAD_KERNEL_DRIVER_IRQ_GICV2_HPP_

#include "base/types.hpp"

namespace bulkhead {

template <class IoType, class Map>
class Gicv2 {
 public:
  using Io = IoType;
  using ListRegister = u32;
  static constexpr u32 kVersion = 2;
  static constexpr u32 kIrqWords = Map::kIrqWords;
  static constexpr u32 kListRegisters = Map::kListRegisters;
  static constexpr u32 kKernelSgi = 7;
  static constexpr u32 kDoorbellSgi = 6;    ///< on cores of virtual guests, whose own SGIs are none of the hardware's
  static constexpr u32 kSpurious = 1023;
  static constexpr u32 kMaintenanceIrq = 25;
  static constexpr u32 kPriorityBits = 5;   ///< of a list register

  // ---- identification -------------------------------------------------------------------------------------------
  /// True when the distributor answers as a GICv2 (ICPIDR2 architecture revision, 4.3.18).
  static bool identify() { return ((Io::mmio_read32(Map::kDistributor + 0xFE8) >> 4) & 0xF) == 2; }
  static u32 typer() { return Io::mmio_read32(Map::kDistributor + kGicdTyper); }
  static u32 distributor_iidr() { return Io::mmio_read32(Map::kDistributor + kGicdIidr); }

  // ---- set-up by the boot core ----------------------------------------------------------------------------------
  static void distributor_reset() {
    Io::mmio_write32(Map::kDistributor + kGicdCtlr, 0);
    for (u32 word = 1; word < kIrqWords; ++word) {
      Io::mmio_write32(Map::kDistributor + kGicdIcenabler + word * 4, ~u32{0});
      Io::mmio_write32(Map::kDistributor + kGicdIcpendr + word * 4, ~u32{0});
      Io::mmio_write32(Map::kDistributor + kGicdIcactiver + word * 4, ~u32{0});
    }
  }
  static void route(u32 id, u32 core, bool edge) {
    const u64 config = Map::kDistributor + kGicdIcfgr + (id / 16) * 4;
    const u32 shift = (id % 16) * 2 + 1;
    const u32 value = (Io::mmio_read32(config) & ~(u32{1} << shift)) | ((edge ? u32{1} : u32{0}) << shift);
    Io::mmio_write32(config, value);
    set_priority(id, kGuestPriority);
    retarget(id, core);
  }
  static void distributor_enable() { Io::mmio_write32(Map::kDistributor + kGicdCtlr, 1); }

  // ---- set-up of each core --------------------------------------------------------------------------------------
  static void core_reset(u32 /*core*/) {
    Io::mmio_write32(Map::kDistributor + kGicdIcenabler, 0xFFFF'0000);
    Io::mmio_write32(Map::kDistributor + kGicdIcpendr, 0xFFFF'0000);
    Io::mmio_write32(Map::kDistributor + kGicdIcactiver, ~u32{0});
    for (u32 word = 0; word < 4; ++word) {
      Io::mmio_write32(Map::kDistributor + kGicdCpendsgir + word * 4, ~u32{0});
    }
    for (u32 id = 0; id < 32; id += 4) {
      Io::mmio_write32(Map::kDistributor + kGicdIpriorityr + id, kGuestPriority * u32{0x0101'0101});
    }
    set_priority(kKernelSgi, 0);
    Io::mmio_write32(Map::kDistributor + kGicdIsenabler, 0x0000'FFFF);
    take_interface();
  }
  /// The CPU interface as the kernel uses it, whatever a `direct` guest left: no active priority, everything let through.
  static void take_interface() {
    Io::mmio_write32(Map::kCpuInterface + kGiccApr0, 0);
    Io::mmio_write32(Map::kCpuInterface + kGiccNsapr0, 0);
    Io::mmio_write32(Map::kCpuInterface + kGiccPmr, 0xFF);
    Io::mmio_write32(Map::kCpuInterface + kGiccBpr, 0);
    // EOImode 1: the kernel's EOI only drops the priority; the guest's EOI deactivates through the list register.
    Io::mmio_write32(Map::kCpuInterface + kGiccCtlr, kGiccCtlrEnable | kGiccCtlrEoiMode);
  }

  // ---- the CPU interface in the hands of a `direct` guest -----------------------------------------------------------
  /// Reset state: closed, until the guest opens it.
  static void give_interface() {
    Io::mmio_write32(Map::kCpuInterface + kGiccCtlr, 0);
    Io::mmio_write32(Map::kCpuInterface + kGiccPmr, 0);
    Io::mmio_write32(Map::kCpuInterface + kGiccBpr, 0);
    Io::mmio_write32(Map::kCpuInterface + kGiccApr0, 0);
    Io::mmio_write32(Map::kCpuInterface + kGiccNsapr0, 0);
  }
  /// True when an interrupt of the highest priority wakes this core from WFI: group enabled, running priority idle, mask
  /// not at its closed end.
  static bool interface_open() {
    return (Io::mmio_read32(kBase, kCpuInterface + kGiccCtlr) & kGiccCtlrEnable) != 0 &&
           Io::mmio_read32(kBase, kCpuInterface + kGiccRpr) == kIdlePriority &&
           Io::mmio_read32(kBase, kCpuInterface + kGiccPmr) >= kLowestPriority;
  }
  /// What a guest that sleeps with a closed interface left, to be put back.
  struct SavedInterface {
    u32 ctlr;
    u32 pmr;
    u32 apr0;
    u32 nsapr0;
  };
  /// Opens the interface for the kernel's SGI alone (priority 0).
  [[gnu::cold]] static SavedInterface open_for_kernel() {
    const SavedInterface saved{
        Io::mmio_read32(Map::kCpuInterface + kGiccCtlr), Io::mmio_read32(Map::kCpuInterface + kGiccPmr),
        Io::mmio_read32(Map::kCpuInterface + kGiccApr0), Io::mmio_read32(Map::kCpuInterface + kGiccNsapr0)};
    Io::mmio_write32(Map::kCpuInterface + kGiccApr0, 0);
    Io::mmio_write32(Map::kCpuInterface + kGiccNsapr0, 0);
    Io::mmio_write32(Map::kCpuInterface + kGiccPmr, kKernelOnlyMask);
    Io::mmio_write32(Map::kCpuInterface + kGiccCtlr, saved.ctlr | kGiccCtlrEnable);
    return saved;
  }
  [[gnu::cold]] static void restore_interface(const SavedInterface& saved) {
    Io::mmio_write32(Map::kCpuInterface + kGiccCtlr, saved.ctlr);
    Io::mmio_write32(Map::kCpuInterface + kGiccPmr, saved.pmr);
    Io::mmio_write32(Map::kCpuInterface + kGiccApr0, saved.apr0);
    Io::mmio_write32(Map::kCpuInterface + kGiccNsapr0, saved.nsapr0);
  }
  /// Routes nothing of the guest's system register accesses: GICv2 has none.
  static void trap_interface(bool /*on*/) {}
  /// SGIs and PPIs of this core: nothing active, no SGI pending.
  [[gnu::cold]] static void clear_banked(u32 /*core*/) {
    Io::mmio_write32(Map::kDistributor + kGicdIcactiver, ~u32{0});
    for (u32 word = 0; word < 4; ++word) {
      Io::mmio_write32(Map::kDistributor + kGicdCpendsgir + word * 4, ~u32{0});
    }
  }

  // ---- taking an interrupt --------------------------------------------------------------------------------------
  static u32 acknowledge() { return Io::mmio_read32(kBase, kCpuInterface + kGiccIar); }
  static u32 id_of(u32 acknowledged) { return acknowledged & 0x3FF; }
  static void priority_drop(u32 acknowledged) { Io::mmio_write32(kBase, kCpuInterface + kGiccEoir, acknowledged); }
  static void deactivate(u32 acknowledged) { Io::mmio_write32(kBase, kCpuInterfaceDir + kGiccDir, acknowledged); }

  // ---- one word of a bank of the distributor; word 0 is this core's own ------------------------------------------
  static u32 read_enabled(u32 /*core*/, u32 word) { return Io::mmio_read32(Map::kDistributor + kGicdIsenabler + word * 4); }
  static u32 read_pending(u32 /*core*/, u32 word) { return Io::mmio_read32(Map::kDistributor + kGicdIspendr + word * 4); }
  static u32 read_active(u32 /*core*/, u32 word) { return Io::mmio_read32(Map::kDistributor + kGicdIsactiver + word * 4); }
  static void enable(u32 /*core*/, u32 word, u32 mask) { Io::mmio_write32(Map::kDistributor + kGicdIsenabler + word * 4, mask); }
  static void disable(u32 /*core*/, u32 word, u32 mask) { Io::mmio_write32(Map::kDistributor + kGicdIcenabler + word * 4, mask); }
  static void set_pending(u32 /*core*/, u32 word, u32 mask) { Io::mmio_write32(Map::kDistributor + kGicdIspendr + word * 4, mask); }
  static void set_spi_pending(u32 word, u32 mask) { Io::mmio_write32(kBase, kGicdIspendr + word * 4, mask); }
  static void clear_pending(u32 /*core*/, u32 word, u32 mask) { Io::mmio_write32(Map::kDistributor + kGicdIcpendr + word * 4, mask); }
  static void set_active(u32 /*core*/, u32 word, u32 mask) { Io::mmio_write32(Map::kDistributor + kGicdIsactiver + word * 4, mask); }
  static void clear_active(u32 /*core*/, u32 word, u32 mask) { Io::mmio_write32(Map::kDistributor + kGicdIcactiver + word * 4, mask); }
  static u32 read_config(u32 word) { return Io::mmio_read32(Map::kDistributor + kGicdIcfgr + word * 4); }
  static void set_banked_priority(u32 /*core*/, u32 id, u32 priority) { set_priority(id, priority); }
  static void set_priority(u32 id, u32 priority) {
    Io::mmio_write8(Map::kDistributor + kGicdIpriorityr + id, static_cast<u8>(priority));
  }
  static void retarget(u32 id, u32 core) {
    Io::mmio_write8(Map::kDistributor + kGicdItargetsr + id, static_cast<u8>(u32{1} << core));
  }

  // ---- software-generated interrupts ----------------------------------------------------------------------------
  static void send_sgi(u32 core_mask, u32 id) { Io::mmio_write32(Map::kDistributor + kGicdSgir, (core_mask << 16) | id); }
  static void send_sgi_to(u32 core, u32 id) { send_sgi(u32{1} << core, id); }
  /// What `send_to` takes; 0 is nobody.
  static u64 sgi_to(u32 core, u32 id) { return (u32{1} << (16 + core)) | id; }
  static void send_to(u64 word) { Io::mmio_write32(kBase, kGicdSgir, static_cast<u32>(word)); }
  static void send_kernel_sgi(u32 core) { send_sgi(u32{1} << core, kKernelSgi); }

  // ---- virtual interface (GICH, 5.3) ----------------------------------------------------------------------------
  static ListRegister pending_hardware(u32 id, u32 priority) {
    return kLrHardware | kLrPending | ((priority >> 3) << 23) | (id << 10) | id;
  }
  /// Software interrupt; `source` is the requesting vCPU of an SGI, else 0.
  static ListRegister pending_software(u32 id, u32 priority, u32 source) {
    return kLrPending | ((priority >> 3) << 23) | (source << 10) | id;
  }
  static ListRegister read_lr(u32 n) { return Io::mmio_read32(kBase, kVirtualControl + kGichLr + n * 4); }
  static void write_lr(u32 n, ListRegister value) { Io::mmio_write32(kBase, kVirtualControl + kGichLr + n * 4, value); }
  static ListRegister read_lr_rarely(u32 n) { return read_lr(n); }
  static void write_lr_rarely(u32 n, ListRegister value) { write_lr(n, value); }
  static u32 lr_id(ListRegister lr) { return lr & 0x3FF; }
  static bool lr_is_hardware(ListRegister lr) { return (lr & kLrHardware) != 0; }
  static bool lr_is_pending(ListRegister lr) { return (lr & kLrPending) != 0; }
  static bool lr_is_active(ListRegister lr) { return (lr & kLrActive) != 0; }
  static ListRegister lr_with_pending(ListRegister lr, bool pending) { return pending ? (lr | kLrPending) : (lr & ~kLrPending); }
  /// One bit a list register that holds nothing.
  static u32 empty_list_registers() { return Io::mmio_read32(kBase, kVirtualControl + kGichElrsr0) & kAllLists; }
  static void virtual_reset() {
    for (u32 n = 0; n < kListRegisters; ++n) {
      write_lr(n, 0);
    }
    Io::mmio_write32(Map::kVirtualControl + kGichVmcr, 0);
    Io::mmio_write32(Map::kVirtualControl + kGichApr, 0);
  }
  /// Maintenance interrupts: `underflow` when at most one list register is in use, `none_pending` when none is pending.
  static void virtual_control(bool enable, bool underflow, bool none_pending) {
    Io::mmio_write32(Map::kVirtualControl + kGichHcr,
                     (enable ? kGichHcrEn : 0) | (underflow ? kGichHcrUie : 0) | (none_pending ? kGichHcrNpie : 0));
  }

  /// The virtual CPU interface of a vCPU that leaves a shared core, list registers apart.
  struct VirtualInterface {
    u64 vmcr;
    u64 apr;
    u64 control;
  };
  static VirtualInterface save_virtual() {
    return {Io::mmio_read32(Map::kVirtualControl + kGichVmcr), Io::mmio_read32(Map::kVirtualControl + kGichApr),
            Io::mmio_read32(Map::kVirtualControl + kGichHcr)};
  }
  static void load_virtual(const VirtualInterface& from) {
    Io::mmio_write32(Map::kVirtualControl + kGichVmcr, static_cast<u32>(from.vmcr));
    Io::mmio_write32(Map::kVirtualControl + kGichApr, static_cast<u32>(from.apr));
    Io::mmio_write32(Map::kVirtualControl + kGichHcr, static_cast<u32>(from.control));
  }

  static constexpr u32 kGuestPriority = 0xA0;
  static constexpr u32 kAllLists = (u32{1} << kListRegisters) - 1;

 private:
  // The fixed map has the frames next to each other: one base in a register reaches all registers of the hot paths.
  static constexpr u64 kBase = Map::kDistributor;
  static constexpr u64 kCpuInterface = Map::kCpuInterface - kBase;
  static constexpr u64 kCpuInterfaceDir = Map::kCpuInterfaceDir - kBase;
  static constexpr u64 kVirtualControl = Map::kVirtualControl - kBase;
  static_assert(kCpuInterface < 0x3000 && kCpuInterfaceDir < 0x3000 && kVirtualControl <= 0x3000, "offsets of one load");
  // Distributor, IHI 0048B table 4-1.
  static constexpr u64 kGicdCtlr = 0x000;
  static constexpr u64 kGicdTyper = 0x004;
  static constexpr u64 kGicdIidr = 0x008;
  static constexpr u64 kGicdIsenabler = 0x100;
  static constexpr u64 kGicdIcenabler = 0x180;
  static constexpr u64 kGicdIspendr = 0x200;
  static constexpr u64 kGicdIcpendr = 0x280;
  static constexpr u64 kGicdIsactiver = 0x300;
  static constexpr u64 kGicdIcactiver = 0x380;
  static constexpr u64 kGicdIpriorityr = 0x400;
  static constexpr u64 kGicdItargetsr = 0x800;
  static constexpr u64 kGicdIcfgr = 0xC00;
  static constexpr u64 kGicdSgir = 0xF00;
  static constexpr u64 kGicdCpendsgir = 0xF10;
  // CPU interface, table 4-2.
  static constexpr u64 kGiccCtlr = 0x00;
  static constexpr u64 kGiccPmr = 0x04;
  static constexpr u64 kGiccBpr = 0x08;
  static constexpr u64 kGiccIar = 0x0C;
  static constexpr u64 kGiccEoir = 0x10;
  static constexpr u64 kGiccRpr = 0x14;
  static constexpr u64 kGiccApr0 = 0xD0;
  static constexpr u64 kGiccNsapr0 = 0xE0;
  static constexpr u64 kGiccDir = 0x00;   // within its own page, at 0x1000 from GICC
  static constexpr u32 kGiccCtlrEnable = u32{1} << 0;
  static constexpr u32 kIdlePriority = 0xFF;
  static constexpr u32 kLowestPriority = 0xF0;   // fewer priority bits read as zeros below
  static constexpr u32 kKernelOnlyMask = 0x10;   // lets priority 0 through and no guest priority
  static constexpr u32 kGiccCtlrEoiMode = u32{1} << 9;
  // Virtual interface control, table 5-1.
  static constexpr u64 kGichHcr = 0x00;
  static constexpr u64 kGichVmcr = 0x08;
  static constexpr u64 kGichElrsr0 = 0x30;
  static constexpr u64 kGichApr = 0xF0;
  static constexpr u64 kGichLr = 0x100;
  static constexpr u32 kGichHcrEn = u32{1} << 0;
  static constexpr u32 kGichHcrUie = u32{1} << 1;
  static constexpr u32 kGichHcrNpie = u32{1} << 3;
  static constexpr u32 kLrPending = u32{1} << 28;
  static constexpr u32 kLrActive = u32{1} << 29;
  static constexpr u32 kLrHardware = u32{1} << 31;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_IRQ_GICV2_HPP_
