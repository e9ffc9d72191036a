// SPDX-License-Identifier: Apache-2.0
// implements: LLR-121, LLR-122, LLR-126, LLR-141, LLR-361, LLR-284
// GICv3 (Arm IHI 0069): distributor and redistributors by MMIO, CPU interface and virtual interface by system registers.
// Same contract as gicv2.hpp. `Map`: kDistributor, kRedistributor (per core two pages: RD_base, SGI_base), kIrqWords,
// kListRegisters, kAffinity[core] = MPIDR affinity value.
#ifndef BULKHEAD_KERNEL_DRIVER_IRQ_GICV3_HPP_
#define BULKHEAD_KERNEL_DRIVER_IRQ_GICV3_HPP_

#include "arch/aarch64/registers_gicv3.hpp"
#include "arch/aarch64/registers.hpp"

namespace bulkhead {

/// ICC_SGI1R_EL1 by core: its affinity, no SGI number yet.
template <class Map>
struct SgiTargets {
  u64 words[sizeof(Map::kAffinity) / sizeof(u64)];
};
template <class Map>
constexpr SgiTargets<Map> sgi_targets() {
  SgiTargets<Map> targets{};
  u32 core = 0;
  for (u64& word : targets.words) {
    const u64 affinity = Map::kAffinity[core];
    word = IccSgi1rEl1{0}
               .with<IccSgi1rEl1::TargetList>(u64{1} << (affinity & 0xF))
               .template with<IccSgi1rEl1::Aff1>(affinity >> 8)
               .template with<IccSgi1rEl1::Aff2>(affinity >> 16)
               .template with<IccSgi1rEl1::Aff3>(affinity >> 32)
               .value;
    ++core;
  }
  return targets;
}

template <class IoType, class Map>
class Gicv3Handed;  // gicv3_handed.hpp

template <class IoType, class Map>
class Gicv3 {
 public:
  using Io = IoType;
  using ListRegister = u64;
  static constexpr u32 kVersion = 3;
  static constexpr u32 kIrqWords = Map::kIrqWords;
  static constexpr u32 kListRegisters = Map::kListRegisters;
  static constexpr u32 kKernelSgi = 7;
  static constexpr u32 kDoorbellSgi = 6;    ///< on cores of virtual guests, whose own SGIs are none of the hardware's
  static constexpr u32 kMaintenanceIrq = 25;

  // ---- identification -------------------------------------------------------------------------------------------
  /// True when the core has the system registers and the distributor answers as GICv3 or v4 (GICD_PIDR2.ArchRev,
  /// 12.9.38). The core is asked first: on a board with a GICv2 nothing lies where the identification register would.
  static bool identify() {
    if (Io::template read<IdAa64pfr0El1>().template get<IdAa64pfr0El1::Gic>() == 0) {
      return false;
    }
    const u32 revision = (Io::mmio_read32(kBase + 0xF000, 0xFE8) >> 4) & 0xF;
    return revision == 3 || revision == 4;
  }
  static u32 typer() { return load(kGicdTyper); }

  // ---- set-up by the boot core ----------------------------------------------------------------------------------
  static void distributor_reset() {
    store(kGicdCtlr, 0);
    wait_for_distributor();
    for (u32 word = 1; word < kIrqWords; ++word) {
      store(kGicdIcenabler + word * 4, ~u32{0});
      store(kGicdIcpendr + word * 4, ~u32{0});
      store(kGicdIcactiver + word * 4, ~u32{0});
      // Without EL3 (DS = 1) the groups are ours to set; with it, non-secure writes are ignored.
      store(kGicdIgroupr + word * 4, ~u32{0});
    }
    store(kGicdCtlr, kGicdCtlrAre);
    wait_for_distributor();
  }
  static void route(u32 id, u32 core, bool edge) {
    const u64 config = kGicdIcfgr + (id / 16) * 4;
    const u32 shift = (id % 16) * 2 + 1;
    store(config, (load(config) & ~(u32{1} << shift)) | ((edge ? u32{1} : u32{0}) << shift));
    set_priority(id, kGuestPriority);
    retarget(id, core);
  }
  static void distributor_enable() {
    store(kGicdCtlr, kGicdCtlrAre | kGicdCtlrEnableGroup1);
    wait_for_distributor();
  }

  // ---- set-up of each core --------------------------------------------------------------------------------------
  static void core_reset(u32 core) {
    // Bounded by the hardware: ChildrenAsleep follows ProcessorSleep (12.11.41); yield lets an emulator move on.
    Io::mmio_write32(rd(core), kGicrWaker, 0);
    while ((Io::mmio_read32(rd(core), kGicrWaker) & kGicrWakerChildrenAsleep) != 0) {
      Io::yield();
    }
    Io::mmio_write32(sgi(core), kGicrIgroupr0, ~u32{0});
    Io::mmio_write32(sgi(core), kGicdIcenabler, 0xFFFF'0000);
    Io::mmio_write32(sgi(core), kGicdIcpendr, ~u32{0});
    Io::mmio_write32(sgi(core), kGicdIcactiver, ~u32{0});
    reset_banked_priorities(core);
    Io::mmio_write32(sgi(core), kGicdIsenabler, 0x0000'FFFF);
    Io::write(IccSreEl2{0}.with<IccSreEl2::Sre>(1).template with<IccSreEl2::Enable>(1));
    Io::isb();  // the system register interface exists only after SRE took effect
    Io::write(IccSreEl1{1});
    Io::isb();
    take_interface();
  }
  /// SGIs and PPIs of a core.
  [[gnu::always_inline]] static void reset_banked_priorities(u32 core) {
    for (u32 id = 0; id < 32; id += 4) {
      Io::mmio_write32(sgi(core), kGicdIpriorityr + id, kGuestPriority * u32{0x0101'0101});
    }
    Io::mmio_write8(sgi(core), kGicdIpriorityr + kKernelSgi, 0);
  }
  /// The CPU interface as the kernel uses it, whatever a `direct` guest left: no active priority, everything let through.
  static void take_interface() {
    Io::write(IccAp1r0El1{0});
    Io::write(IccPmrEl1{0xFF});
    Io::write(IccBpr1El1{0});
    Io::write(IccCtlrEl1{0}.with<IccCtlrEl1::EoiMode>(1));
    Io::write(IccIgrpen1El1{1});
    Io::isb();
  }

  // ---- taking an interrupt --------------------------------------------------------------------------------------
  static u32 acknowledge() { return static_cast<u32>(Io::template read<IccIar1El1>().value); }
  static u32 id_of(u32 acknowledged) { return acknowledged & 0xFF'FFFF; }
  static void priority_drop(u32 acknowledged) { Io::write(IccEoir1El1{acknowledged}); }
  static void deactivate(u32 acknowledged) { Io::write(IccDirEl1{acknowledged}); }

  // ---- one word of a bank; word 0 lies in the redistributor of `core` ---------------------------------------------
  static u32 read_enabled(u32 core, u32 word) { return load(bank(core, word) + kGicdIsenabler + word * 4); }
  [[gnu::cold, gnu::noinline]] static u32 read_pending(u32 core, u32 word) { return load(bank(core, word) + kGicdIspendr + word * 4); }
  static u32 read_active(u32 core, u32 word) { return load(bank(core, word) + kGicdIsactiver + word * 4); }
  static void enable(u32 core, u32 word, u32 mask) { store(bank(core, word) + kGicdIsenabler + word * 4, mask); }
  static void disable(u32 core, u32 word, u32 mask) { store_rarely(core, word, kGicdIcenabler, mask); }
  static void set_pending(u32 core, u32 word, u32 mask) { store_rarely(core, word, kGicdIspendr, mask); }
  static void set_spi_pending(u32 word, u32 mask) { store(kGicdIspendr + word * 4, mask); }
  static void clear_pending(u32 core, u32 word, u32 mask) { store_rarely(core, word, kGicdIcpendr, mask); }
  static void set_active(u32 core, u32 word, u32 mask) { store(bank(core, word) + kGicdIsactiver + word * 4, mask); }
  static void clear_active(u32 core, u32 word, u32 mask) { store_rarely(core, word, kGicdIcactiver, mask); }
  static u32 read_config(u32 word) { return load(kGicdIcfgr + word * 4); }
  /// Of an SPI: two bits an interrupt, the upper one says it.
  static bool is_edge(u32 id) { return (read_config(id / 16) & (u32{2} << ((id % 16) * 2))) != 0; }
  static void set_banked_priority(u32 core, u32 id, u32 priority) {
    Io::mmio_write8(sgi(core), kGicdIpriorityr + id, static_cast<u8>(priority));
  }
  static void set_priority(u32 id, u32 priority) {
    Io::mmio_write8(kBase, kGicdIpriorityr + id, static_cast<u8>(priority));
  }
  static void retarget(u32 id, u32 core) { Io::mmio_write64(kBase, kGicdIrouter + id * 8, Map::kAffinity[core]); }

  // ---- software-generated interrupts ----------------------------------------------------------------------------
  /// What `send_to` takes; 0 is nobody.
  static u64 sgi_to(u32 core, u32 id) { return kSgiTargets.words[core] | IccSgi1rEl1{0}.with<IccSgi1rEl1::Id>(id).value; }
  static void send_to(u64 word) {
    Io::write(IccSgi1rEl1{word});
    Io::isb();  // the SGI is sent before the kernel goes on, as an MMIO write would be
  }
  static void send_sgi_to(u32 core, u32 id) { send_to(sgi_to(core, id)); }
  [[gnu::cold, gnu::noinline]] static void send_kernel_sgi(u32 core) { send_sgi_to(core, kKernelSgi); }
  /// Those sent before are pending at their cores: the barrier completes the register writes that sent them.
  static void complete_sgis() { Io::dsb(); }

  // ---- virtual interface (ICH, 12.4) ----------------------------------------------------------------------------
  static ListRegister pending_hardware(u32 id, u32 priority) {
    return kLrHardware | kLrPending | kLrGroup1 | (u64{priority} << 48) | (u64{id} << 32) | id;
  }
  static ListRegister pending_software(u32 id, u32 priority, u32 /*source*/) {
    return kLrPending | kLrGroup1 | (u64{priority} << 48) | id;
  }
  static ListRegister read_lr(u32 n) { return lr_read<0>(n); }
  [[gnu::cold, gnu::noinline]] static ListRegister read_lr_rarely(u32 n) { return lr_read<0>(n); }
  [[gnu::cold, gnu::noinline]] static void write_lr_rarely(u32 n, ListRegister value) { lr_write<0>(n, value); }
  /// The first list register, most often the one, at hand; the others by a call.
  static void write_lr(u32 n, ListRegister value) {
    if (__builtin_expect(n == 0, 1)) {
      Io::write(IchLrEl2<0>{value});
    } else {
      write_lr_rarely(n, value);
    }
  }
  static u32 lr_id(ListRegister lr) { return static_cast<u32>(lr); }
  static bool lr_is_hardware(ListRegister lr) { return (lr & kLrHardware) != 0; }
  static bool lr_is_pending(ListRegister lr) { return (lr & kLrPending) != 0; }
  static bool lr_is_active(ListRegister lr) { return (lr & kLrActive) != 0; }
  static ListRegister lr_with_pending(ListRegister lr, bool pending) { return pending ? (lr | kLrPending) : (lr & ~kLrPending); }
  static u32 empty_list_registers() { return static_cast<u32>(Io::template read<IchElrsrEl2>().value) & kAllLists; }
  static void virtual_reset() {
    for (u32 n = 0; n < kListRegisters; ++n) {
      write_lr(n, 0);
    }
    Io::write(IchVmcrEl2{0});
    Io::write(IchAp0r0El2{0});
    Io::write(IchAp1r0El2{0});
  }
  /// Maintenance interrupts: `underflow` when at most one list register is in use, `none_pending` when none is pending.
  static void virtual_control(bool enable, bool underflow, bool none_pending) {
    Io::write(IchHcrEl2{0}
                  .with<IchHcrEl2::En>(enable ? 1 : 0)
                  .template with<IchHcrEl2::Uie>(underflow ? 1 : 0)
                  .template with<IchHcrEl2::Npie>(none_pending ? 1 : 0));
  }

  /// The virtual CPU interface of a vCPU that leaves a shared core, list registers apart.
  struct VirtualInterface {
    u64 vmcr;
    u64 apr;
    u64 control;
  };
  static VirtualInterface save_virtual() {
    return {Io::template read<IchVmcrEl2>().value, Io::template read<IchAp1r0El2>().value, Io::template read<IchHcrEl2>().value};
  }
  static void load_virtual(const VirtualInterface& from) {
    Io::write(IchVmcrEl2{from.vmcr});
    Io::write(IchAp1r0El2{from.apr});
    Io::write(IchHcrEl2{from.control});
  }

  static constexpr u32 kGuestPriority = 0xA0;
  static constexpr u32 kAllLists = (u32{1} << kListRegisters) - 1;

 private:
  friend class Gicv3Handed<Io, Map>;
  static constexpr auto kSgiTargets = sgi_targets<Map>();
  static constexpr u64 kBase = Map::kDistributor;
  static u32 load(u64 offset) { return Io::mmio_read32(kBase, offset); }
  static void store(u64 offset, u32 value) { Io::mmio_write32(kBase, offset, value); }
  static constexpr u64 rd(u32 core) { return Map::kRedistributor + u64{core} * 2 * kPageSize; }
  static constexpr u64 sgi(u32 core) { return rd(core) + kPageSize; }
  /// From kBase on.
  static u64 bank(u32 core, u32 word) { return __builtin_expect(word == 0, 0) ? sgi(core) - kBase : 0; }
  [[gnu::cold, gnu::noinline]] static void store_rarely(u32 core, u32 word, u64 first, u32 mask) {
    store(bank(core, word) + first + word * 4, mask);
  }
  static void wait_for_distributor() {
    while ((load(kGicdCtlr) & kGicdCtlrRwp) != 0) {
      Io::yield();  // bounded by the hardware: a register write in progress
    }
  }
  // List registers are named by number in the instruction: a chain of compares over the constant count.
  template <u32 N>
  static u64 lr_read(u32 n) {
    if constexpr (N + 1 < kListRegisters) {
      if (n != N) {
        return lr_read<N + 1>(n);
      }
    }
    return Io::template read<IchLrEl2<N>>().value;
  }
  template <u32 N>
  static void lr_write(u32 n, u64 value) {
    if constexpr (N + 1 < kListRegisters) {
      if (n != N) {
        lr_write<N + 1>(n, value);
        return;
      }
    }
    Io::write(IchLrEl2<N>{value});
  }

  // Distributor, IHI 0069 table 12-25; the banks have the same offsets in a redistributor's SGI_base (12-29).
  static constexpr u64 kGicdCtlr = 0x0000;
  static constexpr u64 kGicdTyper = 0x0004;
  static constexpr u64 kGicdIgroupr = 0x0080;
  static constexpr u64 kGicdIsenabler = 0x0100;
  static constexpr u64 kGicdIcenabler = 0x0180;
  static constexpr u64 kGicdIspendr = 0x0200;
  static constexpr u64 kGicdIcpendr = 0x0280;
  static constexpr u64 kGicdIsactiver = 0x0300;
  static constexpr u64 kGicdIcactiver = 0x0380;
  static constexpr u64 kGicdIpriorityr = 0x0400;
  static constexpr u64 kGicdIcfgr = 0x0C00;
  static constexpr u64 kGicdIrouter = 0x6000;
  static constexpr u32 kGicdCtlrEnableGroup1 = u32{1} << 1;
  static constexpr u32 kGicdCtlrAre = u32{1} << 4;
  static constexpr u32 kGicdCtlrRwp = u32{1} << 31;
  static constexpr u64 kGicrWaker = 0x0014;
  static constexpr u64 kGicrIgroupr0 = 0x0080;
  static constexpr u32 kGicrWakerChildrenAsleep = u32{1} << 2;
  static constexpr u64 kKernelOnlyMask = 0x10;   // lets priority 0 through and no guest priority
  static constexpr u64 kLrPending = u64{1} << 62;
  static constexpr u64 kLrActive = u64{1} << 63;
  static constexpr u64 kLrHardware = u64{1} << 61;
  static constexpr u64 kLrGroup1 = u64{1} << 60;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_DRIVER_IRQ_GICV3_HPP_
