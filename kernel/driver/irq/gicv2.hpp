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
class Gicv2Handed;  // gicv2_handed.hpp

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
  static constexpr u32 kMaintenanceIrq = 25;

  // ---- identification -------------------------------------------------------------------------------------------
  /// True when the distributor answers as a GICv2 (ICPIDR2 architecture revision, 4.3.18).
  static bool identify() { return ((load(0xFE8) >> 4) & 0xF) == 2; }
  static u32 typer() { return load(kGicdTyper); }

  // ---- set-up by the boot core ----------------------------------------------------------------------------------
  static void distributor_reset() {
    store(kGicdCtlr, 0);
    for (u32 word = 1; word < kIrqWords; ++word) {
      store(kGicdIcenabler + word * 4, ~u32{0});
      store(kGicdIcpendr + word * 4, ~u32{0});
      store(kGicdIcactiver + word * 4, ~u32{0});
    }
  }
  static void route(u32 id, u32 core, bool edge) {
    const u64 config = kGicdIcfgr + (id / 16) * 4;
    const u32 shift = (id % 16) * 2 + 1;
    store(config, (load(config) & ~(u32{1} << shift)) | ((edge ? u32{1} : u32{0}) << shift));
    set_priority(id, kGuestPriority);
    retarget(id, core);
  }
  static void distributor_enable() { store(kGicdCtlr, 1); }

  // ---- set-up of each core --------------------------------------------------------------------------------------
  static void core_reset(u32 /*core*/) {
    store(kGicdIcenabler, 0xFFFF'0000);
    store(kGicdIcpendr, 0xFFFF'0000);
    store(kGicdIcactiver, ~u32{0});
    for (u32 word = 0; word < 4; ++word) {
      store(kGicdCpendsgir + word * 4, ~u32{0});
    }
    reset_banked_priorities(0);
    store(kGicdIsenabler, 0x0000'FFFF);
    take_interface();
  }
  /// SGIs and PPIs of this core.
  [[gnu::always_inline]] static void reset_banked_priorities(u32 /*core*/) {
    for (u32 id = 0; id < 32; id += 4) {
      store(kGicdIpriorityr + id, kGuestPriority * u32{0x0101'0101});
    }
    set_priority(kKernelSgi, 0);
  }
  /// The CPU interface as the kernel uses it, whatever a `direct` guest left: no active priority, everything let through.
  static void take_interface() {
    store(kCpuInterface + kGiccApr0, 0);
    store(kCpuInterface + kGiccNsapr0, 0);
    store(kCpuInterface + kGiccPmr, 0xFF);
    store(kCpuInterface + kGiccBpr, 0);
    // EOImode 1: the kernel's EOI only drops the priority; the guest's EOI deactivates through the list register.
    store(kCpuInterface + kGiccCtlr, kGiccCtlrEnable | kGiccCtlrEoiMode);
  }

  // ---- taking an interrupt --------------------------------------------------------------------------------------
  static u32 acknowledge() { return load(kCpuInterface + kGiccIar); }
  static u32 id_of(u32 acknowledged) { return acknowledged & 0x3FF; }
  static void priority_drop(u32 acknowledged) { store(kCpuInterface + kGiccEoir, acknowledged); }
  static void deactivate(u32 acknowledged) { store(kCpuInterfaceDir + kGiccDir, acknowledged); }

  // ---- one word of a bank of the distributor; word 0 is this core's own ------------------------------------------
  static u32 read_enabled(u32 /*core*/, u32 word) { return load(kGicdIsenabler + word * 4); }
  static u32 read_pending(u32 /*core*/, u32 word) { return load(kGicdIspendr + word * 4); }
  static u32 read_active(u32 /*core*/, u32 word) { return load(kGicdIsactiver + word * 4); }
  static void enable(u32 /*core*/, u32 word, u32 mask) { store(kGicdIsenabler + word * 4, mask); }
  static void disable(u32 /*core*/, u32 word, u32 mask) { store(kGicdIcenabler + word * 4, mask); }
  static void set_pending(u32 /*core*/, u32 word, u32 mask) { store(kGicdIspendr + word * 4, mask); }
  static void set_spi_pending(u32 word, u32 mask) { store(kGicdIspendr + word * 4, mask); }
  static void clear_pending(u32 /*core*/, u32 word, u32 mask) { store(kGicdIcpendr + word * 4, mask); }
  static void set_active(u32 /*core*/, u32 word, u32 mask) { store(kGicdIsactiver + word * 4, mask); }
  static void clear_active(u32 /*core*/, u32 word, u32 mask) { store(kGicdIcactiver + word * 4, mask); }
  static u32 read_config(u32 word) { return load(kGicdIcfgr + word * 4); }
  /// Of an SPI: two bits an interrupt, the upper one says it.
  static bool is_edge(u32 id) { return (read_config(id / 16) & (u32{2} << ((id % 16) * 2))) != 0; }
  static void set_banked_priority(u32 /*core*/, u32 id, u32 priority) { set_priority(id, priority); }
  static void set_priority(u32 id, u32 priority) {
    Io::mmio_write8(kBase, kGicdIpriorityr + id, static_cast<u8>(priority));
  }
  static void retarget(u32 id, u32 core) {
    Io::mmio_write8(kBase, kGicdItargetsr + id, static_cast<u8>(u32{1} << core));
  }

  // ---- software-generated interrupts ----------------------------------------------------------------------------
  static void send_sgi(u32 core_mask, u32 id) { store(kGicdSgir, (core_mask << 16) | id); }
  static void send_sgi_to(u32 core, u32 id) { send_sgi(u32{1} << core, id); }
  /// What `send_to` takes; 0 is nobody.
  static u64 sgi_to(u32 core, u32 id) { return (u32{1} << (16 + core)) | id; }
  static void send_to(u64 word) { store(kGicdSgir, static_cast<u32>(word)); }
  [[gnu::cold, gnu::noinline]] static void send_kernel_sgi(u32 core) { send_sgi(u32{1} << core, kKernelSgi); }
  /// Those sent before are pending at their cores: the distributor answers after it has taken what was written.
  static void complete_sgis() {
    (void)typer();
    Io::dsb();
  }

  // ---- virtual interface (GICH, 5.3) ----------------------------------------------------------------------------
  static ListRegister pending_hardware(u32 id, u32 priority) {
    return kLrHardware | kLrPending | ((priority >> 3) << 23) | (id << 10) | id;
  }
  /// Software interrupt; `source` is the requesting vCPU of an SGI, else 0.
  static ListRegister pending_software(u32 id, u32 priority, u32 source) {
    return kLrPending | ((priority >> 3) << 23) | (source << 10) | id;
  }
  static ListRegister read_lr(u32 n) { return load(kVirtualControl + kGichLr + n * 4); }
  static void write_lr(u32 n, ListRegister value) { store(kVirtualControl + kGichLr + n * 4, value); }
  static ListRegister read_lr_rarely(u32 n) { return read_lr(n); }
  static void write_lr_rarely(u32 n, ListRegister value) { write_lr(n, value); }
  static u32 lr_id(ListRegister lr) { return lr & 0x3FF; }
  static bool lr_is_hardware(ListRegister lr) { return (lr & kLrHardware) != 0; }
  static bool lr_is_pending(ListRegister lr) { return (lr & kLrPending) != 0; }
  static bool lr_is_active(ListRegister lr) { return (lr & kLrActive) != 0; }
  static ListRegister lr_with_pending(ListRegister lr, bool pending) { return pending ? (lr | kLrPending) : (lr & ~kLrPending); }
  /// One bit a list register that holds nothing.
  static u32 empty_list_registers() { return load(kVirtualControl + kGichElrsr0) & kAllLists; }
  static void virtual_reset() {
    for (u32 n = 0; n < kListRegisters; ++n) {
      write_lr(n, 0);
    }
    store(kVirtualControl + kGichVmcr, 0);
    store(kVirtualControl + kGichApr, 0);
  }
  /// Maintenance interrupts: `underflow` when at most one list register is in use, `none_pending` when none is pending.
  static void virtual_control(bool enable, bool underflow, bool none_pending) {
    store(kVirtualControl + kGichHcr,
                     (enable ? kGichHcrEn : 0) | (underflow ? kGichHcrUie : 0) | (none_pending ? kGichHcrNpie : 0));
  }

  /// The virtual CPU interface of a vCPU that leaves a shared core, list registers apart.
  struct VirtualInterface {
    u64 vmcr;
    u64 apr;
    u64 control;
  };
  static VirtualInterface save_virtual() {
    return {load(kVirtualControl + kGichVmcr), load(kVirtualControl + kGichApr),
            load(kVirtualControl + kGichHcr)};
  }
  static void load_virtual(const VirtualInterface& from) {
    store(kVirtualControl + kGichVmcr, static_cast<u32>(from.vmcr));
    store(kVirtualControl + kGichApr, static_cast<u32>(from.apr));
    store(kVirtualControl + kGichHcr, static_cast<u32>(from.control));
  }

  static constexpr u32 kGuestPriority = 0xA0;
  static constexpr u32 kAllLists = (u32{1} << kListRegisters) - 1;

 private:
  friend class Gicv2Handed<Io, Map>;
  // The fixed map has the frames next to each other: one base in a register reaches all registers of the hot paths.
  static constexpr u64 kBase = Map::kDistributor;
  static constexpr u64 kCpuInterface = Map::kCpuInterface - kBase;
  static constexpr u64 kCpuInterfaceDir = Map::kCpuInterfaceDir - kBase;
  static constexpr u64 kVirtualControl = Map::kVirtualControl - kBase;
  static u32 load(u64 offset) { return Io::mmio_read32(kBase, offset); }
  static void store(u64 offset, u32 value) { Io::mmio_write32(kBase, offset, value); }
  static_assert(kCpuInterface == 0x1000, "sleep_gicv2.S finds it there");
  static_assert(kCpuInterface < 0x3000 && kCpuInterfaceDir < 0x3000 && kVirtualControl <= 0x3000, "offsets of one load");
  // Distributor, IHI 0048B table 4-1.
  static constexpr u64 kGicdCtlr = 0x000;
  static constexpr u64 kGicdTyper = 0x004;
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
