// SPDX-License-Identifier: Apache-2.0
// What a guest sees of the distributor (GICv2: IHI 0048B 4.3; GICv3: IHI 0069 12.9) and of its redistributors (12.11).
// A register bank is one mask and one access to the hardware: the bits of interrupts the partition owns go through,
// virtual-only interrupts live in state, everything else reads zero and ignores writes. `F::kDirect`: the feature set has
// partitions that hold the physical CPU interface; for them nothing is virtual but this filter. A kernel with shared
// cores keeps the enable bits of partitions there in state, since the hardware's are off while nobody is resident.
#ifndef BULKHEAD_KERNEL_VDEV_VGIC_DISTRIBUTOR_HPP_
#define BULKHEAD_KERNEL_VDEV_VGIC_DISTRIBUTOR_HPP_

#include "vdev/vgic.hpp"

namespace bulkhead {

template <class F>
class VgicDistributor {
  using Gic = typename F::Gic;
  using Lists = Vgic<Gic>;

 public:
  static constexpr u32 kSize = Gic::kVersion == 2 ? 0x1000 : 0x1'0000;   ///< bytes of the distributor's window
  static constexpr u64 kRedistributorSize = 0x2'0000;                    ///< bytes a vCPU (GICv3)

  /// True when an address lies in the distributor's frame or in a redistributor's two.
  static bool holds(const PartitionConfig& partition, Ipa ipa) {
    return ipa - partition.gicd_base < kSize ||
           (Gic::kVersion == 3 && ipa - partition.gicr_base < kRedistributorSize * partition.vcpu_count);
  }

  // implements: LLR-081, LLR-082, LLR-083, LLR-084, LLR-085, LLR-086, LLR-087, LLR-091, LLR-092, LLR-093, LLR-094, LLR-095, LLR-126
  /// An access of `size` bytes (1, 2, 4, 8), naturally aligned, to what `holds`; what was read, in its lowest bytes. Sizes
  /// that a register does not have read zero and are ignored.
  [[gnu::cold, gnu::noinline]] static u64 access(Vcpu& vcpu, Ipa ipa, u32 size, bool write, u64 value) {
    u64 offset = ipa - vcpu.partition->gicd_base;
    Vcpu* owner = &vcpu;
    if constexpr (Gic::kVersion == 3) {
      // What each core has of its own lies in its redistributor, with the same layout as the rest in the distributor.
      const bool banked = offset >= kSize;
      if (banked) {
        offset = ipa - vcpu.partition->gicr_base;
        owner = &vcpu.partition->vcpus[offset / kRedistributorSize];
        offset %= kRedistributorSize;
        if (offset < kSgiFrame) {
          return write ? 0 : redistributor_read(*owner, static_cast<u32>(offset), size);
        }
        offset -= kSgiFrame;
      }
      if (is_private(static_cast<u32>(offset)) != banked) {
        return 0;
      }
    }
    if (!write) {
      return register_read(vcpu, *owner, static_cast<u32>(offset), size);
    }
    register_write(vcpu, *owner, static_cast<u32>(offset), size, value);
    return 0;
  }

  // ---- what guests do most, aligned words; `offset` from the start of the distributor, of any size ---------------------
  static constexpr u64 kNoWord = ~u64{0};

  // implements: LLR-083, LLR-093
  /// Word of the enable bits that the address names, and `owner`, whose it is; kNoWord: another register.
  [[gnu::always_inline]] static u64 enable_word(const PartitionConfig& partition, Ipa ipa, Vcpu*& owner) {
    if (enables_in_state(partition)) {
      return kNoWord;
    }
    // Turned right by two, so that unaligned addresses are out of range too.
    const u64 word = rotate_right(ipa - partition.gicd_base - kBankFirst, 2);
    if constexpr (Gic::kVersion == 2) {
      return word < Gic::kIrqWords ? word : kNoWord;
    } else {
      if (word - 1 < Gic::kIrqWords - 1) {
        return word;
      }
      const u64 banked = ipa - partition.gicr_base;
      const u64 index = banked / kRedistributorSize;
      if (banked % kRedistributorSize != kSgiFrame + kBankFirst || index >= partition.vcpu_count) {
        return kNoWord;
      }
      owner = &partition.vcpus[index];
      return 0;
    }
  }
  /// The enable bits as the guest reads them; those of SGIs are always on.
  [[gnu::always_inline]] static u32 read_enables(const PartitionConfig& partition, const Vcpu& owner, u64 word) {
    return (Gic::read_enabled(owner.config->core, static_cast<u32>(word)) & partition.irq_owned[word]) |
           load_relaxed(&partition.irq_enabled[word]);
  }
  /// False: some of them are no interrupts of the hardware.
  [[gnu::always_inline]] static bool set_enables(const PartitionConfig& partition, const Vcpu& owner, u64 word, u32 bits) {
    if ((bits & partition.irq_virtual[word]) != 0) {
      return false;
    }
    Gic::enable(owner.config->core, static_cast<u32>(word), bits & partition.irq_owned[word]);
    return true;
  }
  static bool is_type(u64 offset) { return offset == kTyper; }
  static u32 type(const PartitionConfig& partition) {
    return (Gic::kIrqWords - 1) | ((partition.vcpu_count - 1) << 5) | (Gic::kVersion == 3 ? u32{9} << 19 : 0);
  }
  static bool is_software_interrupt(u64 offset) { return Gic::kVersion == 2 && offset == kSgir; }

  // implements: LLR-088
  /// GICv2 GICD_SGIR.
  [[gnu::always_inline]] static Vcpu* software_interrupt(Vcpu& vcpu, u32 value) {
    return request(vcpu, targets_of(vcpu, value), value & 0xF);
  }
  /// vCPUs that a value written to GICD_SGIR names.
  [[gnu::always_inline]] static u32 targets_of(const Vcpu& vcpu, u32 value) {
    const u32 all = (u32{1} << vcpu.partition->vcpu_count) - 1;
    const u32 filter = (value >> 24) & 3;
    u32 targets = (value >> 16) & 0xFF & all;
    if (__builtin_expect(filter != 0, 0)) {
      const u32 self = u32{1} << vcpu.config->index;
      targets = filter == 1 ? all & ~self : (filter == 2 ? self : 0);
    }
    return targets;
  }

  // implements: LLR-088
  /// SGI `id` asked for by the guest, for the vCPUs in `targets`.
  [[gnu::always_inline]] static Vcpu* request(Vcpu& vcpu, u32 targets, u32 id) {
    if (is_direct(vcpu)) {
      send_physical(*vcpu.partition, targets, id);
      return &vcpu;
    }
    return send(vcpu, targets, id);
  }

  // implements: LLR-088, LLR-303
  /// SGI to the vCPUs in `targets` (bit n: vCPU n of the partition). The vCPU goes on.
  [[gnu::noinline]] static Vcpu* send(Vcpu& vcpu, u32 targets, u32 id) {
    const u32 source = Gic::kVersion == 2 ? vcpu.config->index : 0;
    while (targets != 0) {  // at most kMaxVcpusPerPartition
      const u32 index = lowest_bit(targets);
      targets &= targets - 1;
      Vcpu& target = vcpu.partition->vcpus[index];
      if (&target == &vcpu) {
        Lists::inject_software(vcpu, id, source);
      } else {
        fetch_or(&target.sgi_mail[id / 8], u64{1} << ((id % 8) * 8 + source));
        tell(target);
      }
    }
    return &vcpu;
  }

  // implements: LLR-303, LLR-907
  /// Something was left for a vCPU: its core looks, or the vCPU does when it comes to a shared core.
  [[gnu::always_inline]] static void tell(Vcpu& vcpu) {
    Gic::Io::dsb_ish();  // what was left is visible before the interrupt is, and before `wake` is read
    if constexpr (F::Scheduler::kShared) {
      if (F::Scheduler::whom(vcpu.reach) == 0) {
        return;
      }
    }
    Gic::send_kernel_sgi(vcpu.config->core);
  }

  /// SGIs of a direct guest go to its cores as they are; the kernel's own SGI is not a guest's.
  [[gnu::always_inline]] static void send_physical(const PartitionConfig& partition, u32 targets, u32 id) {
    while (targets != 0 && id < Gic::kKernelSgi) {  // at most kMaxVcpusPerPartition
      Gic::send_sgi_to(partition.core_of_vcpu[lowest_bit(targets)], id);
      targets &= targets - 1;
    }
  }

  // implements: LLR-087
  /// The vCPU that an SPI goes to.
  static u32 target_of(const PartitionConfig& partition, u32 id) {
    const u32 target = partition.irq_target[id - 32];
    const u32 index = Gic::kVersion == 2 ? (target == 0 ? 0 : lowest_bit(target)) : target;
    return index < partition.vcpu_count ? index : 0;
  }

 private:
  static bool enables_in_state(const PartitionConfig& partition) {
    if constexpr (F::Scheduler::kShared) {
      return partition.shared != 0;
    } else {
      return false;
    }
  }
  // implements: LLR-1206
  /// Private interrupts of another vCPU: on a shared core they may be somebody else's just now (GICv3: seen through that
  /// vCPU's redistributor).
  static bool out_of_reach(const Vcpu& vcpu, const Vcpu& owner) { return enables_in_state(*vcpu.partition) && &owner != &vcpu; }
  /// Enables SPIs in state, and says whether the hardware is to follow now or when the first vCPU comes back.
  static bool may_enable_now(const Vcpu& vcpu, u32 word, u32 physical) {
    if (!enables_in_state(*vcpu.partition) || word == 0) {
      return true;
    }
    fetch_or(&vcpu.partition->irq_enabled[word], physical);
    Gic::Io::dmb_ish();  // enabled before `wake` is looked at: Context does it the other way round
    return load_relaxed(&vcpu.partition->vcpus[0].reach.wake) != 0;
  }
  static bool is_direct(const Vcpu& vcpu) {
    if constexpr (F::kDirect) {
      return vcpu.partition->direct != 0;
    } else {
      return false;
    }
  }

  // ---- banks 0x100-0x3FF: ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER, 32 words each ----------------
  [[gnu::cold, gnu::noinline]] static u64 bank_read(Vcpu& vcpu, Vcpu& owner, u32 offset) {
    const PartitionConfig& partition = *vcpu.partition;
    const u32 word = (offset & 0x7F) / 4;
    if (word >= Gic::kIrqWords) {
      return 0;
    }
    if ((offset >> 8) == 1) {
      if (enables_in_state(*vcpu.partition) && word != 0) {
        return load_relaxed(&partition.irq_enabled[word]);
      }
      return out_of_reach(vcpu, owner) ? u64{0xFFFF} : read_enables(partition, owner, word);
    }
    return state_read(vcpu, owner, word, (offset >> 8) == 3);
  }
  [[gnu::cold, gnu::noinline]] static u64 state_read(Vcpu& vcpu, Vcpu& owner, u32 word, bool active) {
    const PartitionConfig& partition = *vcpu.partition;
    const u32 owned = partition.irq_owned[word];
    const u32 visible = owned | partition.irq_virtual[word] | (word == 0 ? u32{0xFFFF} : 0);
    const u32 core = owner.config->core;
    if (out_of_reach(vcpu, owner)) {
      return 0;
    }
    if (is_direct(vcpu)) {
      return (active ? Gic::read_active(core, word) : Gic::read_pending(core, word)) & visible;
    }
    const u32 held = &owner == &vcpu ? Lists::held_bits(vcpu, word, active) & visible : 0;
    return active ? held : held | (Gic::read_pending(core, word) & owned);
  }

  [[gnu::cold, gnu::noinline]] static void bank_write(Vcpu& vcpu, Vcpu& owner, u32 offset, u32 value) {
    const PartitionConfig& partition = *vcpu.partition;
    const u32 word = (offset & 0x7F) / 4;
    if (word >= Gic::kIrqWords) {
      return;
    }
    const u32 physical = value & partition.irq_owned[word];
    if (out_of_reach(vcpu, owner)) {
      return;
    }
    if ((offset >> 7) == 2) {
      if (physical != 0 && may_enable_now(vcpu, word, physical)) {
        Gic::enable(owner.config->core, word, physical);
      }
      const u32 virtual_only = value & partition.irq_virtual[word];
      if (virtual_only != 0) {
        fetch_or(&vcpu.partition->irq_enabled[word], virtual_only);
        Lists::refill(vcpu);
      }
      return;
    }
    state_write(vcpu, owner, offset, word, physical, value & partition.irq_virtual[word]);
  }
  [[gnu::cold, gnu::noinline]] static void state_write(Vcpu& vcpu, Vcpu& owner, u32 offset, u32 word, u32 physical, u32 virtual_only) {
    const u32 core = owner.config->core;
    switch (offset >> 7) {
      case 3:
        if (physical != 0) {
          if (enables_in_state(*vcpu.partition) && word != 0) {
            fetch_and(&vcpu.partition->irq_enabled[word], ~physical);
          }
          Gic::disable(core, word, physical);
        }
        if (virtual_only != 0) {
          fetch_and(&vcpu.partition->irq_enabled[word], ~virtual_only);
        }
        // Another vCPU's list registers are out of reach; what it holds it still takes, as on hardware that was late.
        if ((physical | virtual_only) != 0 && &owner == &vcpu && !is_direct(vcpu)) {
          Lists::withdraw(vcpu, word, physical | virtual_only);
        }
        break;
      case 4:
      case 5:
        if (physical != 0) {
          if ((offset & 0x80) != 0) {
            Gic::clear_pending(core, word, physical);
          } else {
            Gic::set_pending(core, word, physical);
          }
        }
        while (virtual_only != 0) {
          const u32 id = word * 32 + lowest_bit(virtual_only);
          virtual_only &= virtual_only - 1;
          Lists::set_level(vcpu, id, (offset & 0x80) == 0);
        }
        break;
      case 6:
        if (physical != 0) {
          Gic::set_active(core, word, physical);
        }
        break;
      default:
        if (physical != 0) {
          Gic::clear_active(core, word, physical);
        }
        break;
    }
  }

  // ---- everything that is not on a fast path ------------------------------------------------------------------------
  [[gnu::cold]] static u64 register_read(Vcpu& vcpu, Vcpu& owner, u32 offset, u32 size) {
    if (offset - kPriorityFirst < kTargetFirst - kPriorityFirst) {
      return priorities_read(vcpu, owner, offset - kPriorityFirst, size);
    }
    if (Gic::kVersion == 2 && offset - kTargetFirst < kConfigFirst - kTargetFirst) {
      return targets_read(vcpu, offset - kTargetFirst, size);
    }
    if (Gic::kVersion == 3 && offset - kRouterFirst < kRouterEnd - kRouterFirst) {
      const u32 id = 32 + (offset - kRouterFirst) / 8;
      return size >= 4 && (offset & 4) == 0 && owns(*vcpu.partition, id) ? vcpu.partition->irq_target[id - 32] : 0;
    }
    if (size != 4) {
      return 0;
    }
    if (in_banks(offset)) {
      return bank_read(vcpu, owner, offset);
    }
    if (offset - kConfigFirst < kConfigEnd - kConfigFirst) {
      return configuration(vcpu, (offset - kConfigFirst) / 4);
    }
    switch (offset) {
      case kCtlr:
        return load_relaxed(&vcpu.partition->state->gicd_enabled) | (Gic::kVersion == 3 ? u32{0x50} : 0);  // ARE, DS
      case kTyper:
        return type(*vcpu.partition);
      case kIidr:
        return kIdentification;
      case kPidr2:
        return kArchitecture;
      default:
        return Gic::kVersion == 3 && offset - kIgroupr < kBankFirst - kIgroupr ? ~u32{0} : 0;
    }
  }
  [[gnu::cold]] static void register_write(Vcpu& vcpu, Vcpu& owner, u32 offset, u32 size, u64 value) {
    if (offset - kPriorityFirst < kTargetFirst - kPriorityFirst) {
      priorities_write(vcpu, owner, offset - kPriorityFirst, size, value);
    } else if (Gic::kVersion == 2 && offset - kTargetFirst < kConfigFirst - kTargetFirst) {
      targets_write(*vcpu.partition, offset - kTargetFirst, size, value);
    } else if (Gic::kVersion == 3 && offset - kRouterFirst < kRouterEnd - kRouterFirst) {
      const u32 id = 32 + (offset - kRouterFirst) / 8;
      if (size >= 4 && (offset & 4) == 0 && owns(*vcpu.partition, id)) {
        const u32 index = static_cast<u32>(value) & 0xFF;  // Aff0; the other levels of every guest are zero
        set_target(*vcpu.partition, id, index < vcpu.partition->vcpu_count ? index : 0);
      }
    } else if (size == 4 && in_banks(offset)) {
      bank_write(vcpu, owner, offset, static_cast<u32>(value));
    } else if (size == 4 && offset == kCtlr) {
      store_relaxed(&vcpu.partition->state->gicd_enabled, static_cast<u32>(value) & kEnableBits);
      if (!is_direct(vcpu)) {
        Lists::update_control(vcpu);
        for (u32 index = 0; index < vcpu.partition->vcpu_count; ++index) {
          if (index != vcpu.config->index) {
            tell(vcpu.partition->vcpus[index]);
          }
        }
      }
    }
  }

  [[gnu::cold]] static u64 priorities_read(Vcpu& vcpu, Vcpu& owner, u32 first, u32 size) {
    u64 value = 0;
    for (u32 i = 0; i < size && i < 4; ++i) {
      const u8* const place = priority_place(vcpu, owner, first + i);
      value |= u64{place == nullptr ? u8{0} : *place} << (i * 8);
    }
    return value;
  }
  [[gnu::cold]] static void priorities_write(Vcpu& vcpu, Vcpu& owner, u32 first, u32 size, u64 value) {
    for (u32 i = 0; i < size && i < 4; ++i) {
      const u32 id = first + i;
      u8* const place = priority_place(vcpu, owner, id);
      if (place == nullptr) {
        continue;
      }
      *place = static_cast<u8>(value >> (i * 8)) & kPriorityMask;
      if (is_direct(vcpu)) {
        // The most urgent level is the kernel's alone: no guest interrupt may hold back its SGI.
        const u32 clamped = *place < kMostUrgentOfGuests ? kMostUrgentOfGuests : *place;
        if (id < 32) {
          Gic::set_banked_priority(owner.config->core, id, clamped);
        } else {
          Gic::set_priority(id, clamped);
        }
      }
    }
  }
  static u8* priority_place(Vcpu& vcpu, Vcpu& owner, u32 id) {
    if (id < 32) {
      const bool kernels = is_direct(vcpu) && id >= Gic::kKernelSgi && id < 16;
      const u32 visible = vcpu.irq_owned[0] | 0xFFFF;
      return (visible & (u32{1} << id)) != 0 && !kernels ? &owner.banked_priority[id] : nullptr;
    }
    return owns(*vcpu.partition, id) ? &vcpu.partition->irq_priority[id - 32] : nullptr;
  }
  static bool owns(const PartitionConfig& partition, u32 id) {
    const u32 word = id / 32;
    return word < Gic::kIrqWords && ((partition.irq_owned[word] | partition.irq_virtual[word]) & (u32{1} << (id % 32))) != 0;
  }

  /// GICv2 GICD_ITARGETSR: guest's vCPU masks, the first vCPU named takes the interrupt.
  [[gnu::cold]] static u64 targets_read(const Vcpu& vcpu, u32 first, u32 size) {
    u64 value = 0;
    for (u32 i = 0; i < size && i < 4; ++i) {
      const u32 id = first + i;
      u32 mask = 0;
      if (id < 32) {
        mask = u32{1} << vcpu.config->index;
      } else if (owns(*vcpu.partition, id)) {
        mask = vcpu.partition->irq_target[id - 32];
      }
      value |= u64{mask} << (i * 8);
    }
    return value;
  }
  [[gnu::cold]] static void targets_write(const PartitionConfig& partition, u32 first, u32 size, u64 value) {
    const u32 all = (u32{1} << partition.vcpu_count) - 1;
    for (u32 i = 0; i < size && i < 4; ++i) {
      const u32 id = first + i;
      if (id >= 32 && owns(partition, id)) {
        set_target(partition, id, static_cast<u32>(value >> (i * 8)) & all);
      }
    }
  }
  static void set_target(const PartitionConfig& partition, u32 id, u32 target) {
    if (enables_in_state(partition) && (partition.irq_owned[id / 32] & (u32{1} << (id % 32))) != 0) {
      return;  // its SPIs are switched with its first vCPU and stay on that one's core
    }
    partition.irq_target[id - 32] = static_cast<u8>(target);
    Vcpu& receiver = partition.vcpus[target_of(partition, id)];
    if ((partition.irq_owned[id / 32] & (u32{1} << (id % 32))) != 0) {
      Gic::retarget(id, receiver.config->core);
      return;
    }
    if constexpr (F::kDoorbells) {
      F::Bells::listen(partition);
    }
    tell(receiver);  // what rang for the former one
  }

  /// ICFGR reads the truth, writes are ignored: the trigger is a fact of the board.
  [[gnu::cold]] static u64 configuration(const Vcpu& vcpu, u32 word) {
    if (word == 0) {
      return kAllEdge;
    }
    if (word == 1 || word / 2 >= Gic::kIrqWords) {
      return 0;
    }
    const u32 owned = vcpu.irq_owned[word / 2] >> ((word % 2) * 16);
    const u32 made_here = vcpu.partition->irq_virtual[word / 2] >> ((word % 2) * 16);
    const u32 physical = Gic::read_config(word);
    u32 value = 0;
    for (u32 bit = 0; bit < 16; ++bit) {
      value |= ((owned >> bit) & 1) * (physical & (u32{3} << (bit * 2)));
      // Of the virtual-only ones the console is a level, doorbells are edges.
      const bool doorbell = ((made_here >> bit) & 1) != 0 && word * 16 + bit != vcpu.partition->pl011_irq;
      value |= (doorbell ? u32{2} : u32{0}) << (bit * 2);
    }
    return value;
  }

  static bool in_banks(u32 offset) { return offset - kBankFirst < kBankEnd - kBankFirst; }
  /// GICv3: of INTIDs 0 to 31: word 0 of a bank, their priorities and triggers.
  static bool is_private(u32 offset) {
    return offset - kPriorityFirst < 32 || offset - kConfigFirst < 8 ||
           (offset - kIgroupr < kPriorityFirst - kIgroupr && offset % 0x80 == 0);
  }
  /// GICv3: RD_base of a vCPU: who it is, and that it is awake.
  [[gnu::cold]] static u64 redistributor_read(const Vcpu& owner, u32 offset, u32 size) {
    if ((offset & ~u32{4}) == kTyperOfRedistributor) {
      const u32 index = owner.config->index;
      const u64 last = index + 1 == owner.partition->vcpu_count ? 1 : 0;
      return size < 4 ? 0 : ((u64{index} << 32) | (u64{index} << 8) | (last << 4)) >> ((offset & 4) * 8);
    }
    if (size != 4) {
      return 0;
    }
    switch (offset) {
      case kTyper:  // GICR_IIDR stands where the distributor has TYPER
        return kIdentification;
      case kPidr2:
        return kArchitecture;
      default:
        return 0;
    }
  }

  static constexpr u32 kCtlr = 0x000;
  static constexpr u32 kTyper = 0x004;
  static constexpr u32 kIidr = 0x008;
  static constexpr u32 kTyperOfRedistributor = 0x008;
  static constexpr u32 kIgroupr = 0x080;
  static constexpr u32 kBankFirst = 0x100;
  static constexpr u32 kBankEnd = 0x400;
  static constexpr u32 kPriorityFirst = 0x400;
  static constexpr u32 kTargetFirst = 0x800;
  static constexpr u32 kConfigFirst = 0xC00;
  static constexpr u32 kConfigEnd = 0xD00;
  static constexpr u32 kSgir = 0xF00;
  static constexpr u32 kRouterFirst = 0x6100;          // of INTID 32
  static constexpr u32 kRouterEnd = 0x8000;
  static constexpr u32 kPidr2 = Gic::kVersion == 2 ? 0xFE8 : 0xFFE8;
  static constexpr u32 kArchitecture = Gic::kVersion == 2 ? 0x2B : 0x3B;   // PIDR2: revision, Arm
  static constexpr u32 kSgiFrame = 0x1'0000;
  static constexpr u32 kAllEdge = 0xAAAA'AAAA;
  static constexpr u32 kIdentification = 0x0100'043B;  // implementer Arm, our product number 1
  static constexpr u8 kPriorityMask = 0xF8;            // five bits, as list registers of a GICv2 hold
  static constexpr u32 kMostUrgentOfGuests = 0x20;     // distinct from 0 with three priority bits already
  static constexpr u32 kEnableBits = Gic::kVersion == 2 ? 1 : 2;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_VDEV_VGIC_DISTRIBUTOR_HPP_
