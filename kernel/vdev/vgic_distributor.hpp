// SPDX-License-Identifier: Apache-2.0
// What a guest sees of the distributor (GICv2: IHI 0048B 4.3; GICv3: IHI 0069 12.9) and of its redistributors (12.11).
// A register bank is one mask and one access to the hardware: the bits of interrupts the partition owns go through,
// virtual-only interrupts live in state, everything else reads zero and ignores writes.
#ifndef BULKHEAD_KERNEL_VDEV_VGIC_DISTRIBUTOR_HPP_
#define BULKHEAD_KERNEL_VDEV_VGIC_DISTRIBUTOR_HPP_

#include "vdev/mmio.hpp"
#include "vdev/vgic.hpp"

namespace bulkhead {

/// `Ring(core)` interrupts another core of the partition so that it looks at its mailbox.
template <class Gic>
class VgicDistributor {
  using Lists = Vgic<Gic>;

 public:
  // implements: LLR-081, LLR-082, LLR-083, LLR-084, LLR-085, LLR-086, LLR-087, LLR-091, LLR-092, LLR-094, LLR-095, LLR-126
  static void access(Vcpu& vcpu, MmioAccess& io) {
    const u32 offset = static_cast<u32>(io.offset);
    if (offset >= kBankFirst && offset < kBankEnd) {
      // GICv3 with affinity routing: word 0 belongs to the redistributors.
      if (io.size == 4 && !(Gic::kVersion == 3 && (offset & 0x7F) == 0)) {
        bank(vcpu, vcpu, offset, io);
      }
    } else if (offset >= kPriorityFirst && offset < kTargetFirst) {
      priorities(vcpu, vcpu, offset - kPriorityFirst, io);
    } else if (Gic::kVersion == 2 && offset >= kTargetFirst && offset < kConfigFirst) {
      targets(vcpu, offset - kTargetFirst, io);
    } else if (offset >= kConfigFirst && offset < kConfigEnd) {
      configuration(vcpu, (offset - kConfigFirst) / 4, io);
    } else if (Gic::kVersion == 2 && offset == kSgir) {
      if (io.write) {
        software_interrupt(vcpu, static_cast<u32>(io.value));
      }
    } else if (Gic::kVersion == 3 && offset >= kRouterFirst && offset < kRouterEnd) {
      routers(vcpu, (offset - kRouterFirst) / 8, (offset & 4) != 0, io);
    } else {
      control(vcpu, offset, io);
    }
  }

  // implements: LLR-093
  /// GICv3: redistributor frames of the partition, 128 KiB a vCPU.
  [[gnu::noinline]] static void redistributor(Vcpu& vcpu, MmioAccess& io) {
    const u32 index = static_cast<u32>(io.offset >> 17);
    if (index >= vcpu.partition->vcpu_count) {
      return;
    }
    Vcpu& owner = vcpu.partition->vcpus[index];
    const u32 offset = static_cast<u32>(io.offset & 0x1'FFFF);
    if (offset < 0x1'0000) {
      redistributor_control(owner, offset, io);
      return;
    }
    const u32 banked = offset - 0x1'0000;
    if (banked >= kBankFirst && banked < kBankEnd && (banked & 0x7F) == 0) {
      if (io.size == 4) {
        bank(vcpu, owner, banked, io);
      }
    } else if (banked >= kPriorityFirst && banked < kPriorityFirst + 32) {
      priorities(vcpu, owner, banked - kPriorityFirst, io);
    } else if (banked == kConfigFirst + 4 && !io.write) {
      io.value = 0;  // PPIs are level-sensitive
    } else if (banked == kConfigFirst && !io.write) {
      io.value = 0xAAAA'AAAA;  // SGIs are edge-triggered
    } else if (banked == kIgroupr && !io.write) {
      io.value = ~u32{0};
    }
  }

  // implements: LLR-088
  /// GICv2 GICD_SGIR.
  static void software_interrupt(Vcpu& vcpu, u32 value) {
    const u32 all = (u32{1} << vcpu.partition->vcpu_count) - 1;
    const u32 self = u32{1} << vcpu.config->index;
    const u32 filter = (value >> 24) & 3;
    u32 targets = 0;
    if (filter == 0) {
      targets = (value >> 16) & 0xFF & all;
    } else if (filter == 1) {
      targets = all & ~self;
    } else if (filter == 2) {
      targets = self;
    }
    send(vcpu, targets, value & 0xF);
  }

  // implements: LLR-088, LLR-303
  /// SGI to the vCPUs in `targets` (bit n: vCPU n of the partition).
  [[gnu::noinline]] static void send(Vcpu& vcpu, u32 targets, u32 id) {
    const u32 source = Gic::kVersion == 2 ? vcpu.config->index : 0;
    while (targets != 0) {  // at most kMaxVcpusPerPartition
      const u32 index = lowest_bit(targets);
      targets &= targets - 1;
      Vcpu& target = vcpu.partition->vcpus[index];
      if (&target == &vcpu) {
        Lists::inject_software(vcpu, id, source);
      } else {
        fetch_or(&target.sgi_mail[id / 8], u64{1} << ((id % 8) * 8 + source));
        Gic::Io::dsb_ishst();  // the mail is visible before the interrupt is
        Gic::send_kernel_sgi(target.config->core);
      }
    }
  }

  /// The vCPU that a virtual-only SPI goes to.
  static u32 target_of(const PartitionConfig& partition, u32 id) {
    const u32 target = partition.irq_target[id - 32];
    const u32 index = Gic::kVersion == 2 ? (target == 0 ? 0 : lowest_bit(target)) : target;
    return index < partition.vcpu_count ? index : 0;
  }

 private:
  /// Banks 0x100-0x3FF: ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER, 32 words each.
  [[gnu::noinline]] static void bank(Vcpu& vcpu, Vcpu& owner, u32 offset, MmioAccess& io) {
    const PartitionConfig& partition = *vcpu.partition;
    const u32 word = (offset & 0x7F) / 4;
    if (word >= Gic::kIrqWords) {
      io.value = 0;
      return;
    }
    const u32 core = owner.config->core;
    const u32 owned = partition.irq_owned[word];
    const u32 virtual_only = partition.irq_virtual[word];
    const u32 kind = offset >> 7;  // 2..7
    const bool clear = (kind & 1) != 0;
    if (io.write) {
      const u32 bits = static_cast<u32>(io.value);
      switch (kind) {
        case 2:
          write_enable(vcpu, core, word, bits & owned, bits & virtual_only);
          break;
        case 3:
          write_disable(vcpu, core, word, bits & owned, bits & virtual_only);
          break;
        case 4:
        case 5:
          write_pending(vcpu, core, word, bits & owned, bits & virtual_only, clear);
          break;
        default:
          if ((bits & owned) != 0) {
            if (clear) {
              Gic::clear_active(core, word, bits & owned);
            } else {
              Gic::set_active(core, word, bits & owned);
            }
          }
          break;
      }
      return;
    }
    u32 value = 0;
    switch (kind) {
      case 2:
      case 3:
        value = (Gic::read_enabled(core, word) & owned) | load_relaxed(&partition.irq_enabled[word]) |
                (word == 0 ? u32{0xFFFF} : 0);
        break;
      case 4:
      case 5:
        value = (Gic::read_pending(core, word) & owned) |
                (&owner == &vcpu ? Lists::held_bits(vcpu, word, false) & (owned | virtual_only | (word == 0 ? 0xFFFF : 0)) : 0);
        break;
      default:
        value = &owner == &vcpu ? Lists::held_bits(vcpu, word, true) : Gic::read_active(core, word) & owned;
        break;
    }
    io.value = value;
  }

  static void write_enable(Vcpu& vcpu, u32 core, u32 word, u32 physical, u32 virtual_only) {
    if (physical != 0) {
      Gic::enable(core, word, physical);
    }
    if (virtual_only != 0) {
      fetch_or(&vcpu.partition->irq_enabled[word], virtual_only);
      Lists::refill(vcpu);
    }
  }
  [[gnu::cold]] static void write_disable(Vcpu& vcpu, u32 core, u32 word, u32 physical, u32 virtual_only) {
    if (physical != 0) {
      Gic::disable(core, word, physical);
    }
    if (virtual_only != 0) {
      fetch_and(&vcpu.partition->irq_enabled[word], ~virtual_only);
    }
    if ((physical | virtual_only) != 0) {
      Lists::withdraw(vcpu, word, physical | virtual_only);
    }
  }
  [[gnu::cold, gnu::noinline]] static void write_pending(Vcpu& vcpu, u32 core, u32 word, u32 physical, u32 virtual_only, bool clear) {
    if (physical != 0) {
      if (clear) {
        Gic::clear_pending(core, word, physical);
      } else {
        Gic::set_pending(core, word, physical);
      }
    }
    while (virtual_only != 0) {
      const u32 id = word * 32 + lowest_bit(virtual_only);
      virtual_only &= virtual_only - 1;
      Lists::set_level(vcpu, id, !clear);
    }
  }

  [[gnu::cold, gnu::noinline]] static void priorities(Vcpu& vcpu, Vcpu& owner, u32 first, MmioAccess& io) {
    u64 value = 0;
    for (u32 i = 0; i < io.size && i < 4; ++i) {
      const u32 id = first + i;
      u8* const place = priority_place(vcpu, owner, id);
      if (place == nullptr) {
        continue;
      }
      if (io.write) {
        *place = static_cast<u8>(io.value >> (i * 8)) & kPriorityMask;
      } else {
        value |= u64{*place} << (i * 8);
      }
    }
    if (!io.write) {
      io.value = value;
    }
  }
  static u8* priority_place(Vcpu& vcpu, Vcpu& owner, u32 id) {
    if (id < 32) {
      const u32 visible = vcpu.partition->irq_owned[0] | 0xFFFF;
      return (visible & (u32{1} << id)) != 0 ? &owner.banked_priority[id] : nullptr;
    }
    return owns(*vcpu.partition, id) ? &vcpu.partition->irq_priority[id - 32] : nullptr;
  }
  static bool owns(const PartitionConfig& partition, u32 id) {
    const u32 word = id / 32;
    return word < Gic::kIrqWords && ((partition.irq_owned[word] | partition.irq_virtual[word]) & (u32{1} << (id % 32))) != 0;
  }
  static bool owns_physical(const PartitionConfig& partition, u32 id) {
    return (partition.irq_owned[id / 32] & (u32{1} << (id % 32))) != 0;
  }

  /// GICv2 GICD_ITARGETSR: guest's vCPU masks, the first vCPU named takes the interrupt.
  [[gnu::cold, gnu::noinline]] static void targets(Vcpu& vcpu, u32 first, MmioAccess& io) {
    const PartitionConfig& partition = *vcpu.partition;
    u64 value = 0;
    for (u32 i = 0; i < io.size && i < 4; ++i) {
      const u32 id = first + i;
      if (id < 32) {
        value |= u64{u32{1} << vcpu.config->index} << (i * 8);
      } else if (owns(partition, id)) {
        if (io.write) {
          const u32 all = (u32{1} << partition.vcpu_count) - 1;
          const u32 mask = static_cast<u32>(io.value >> (i * 8)) & all;
          partition.irq_target[id - 32] = static_cast<u8>(mask);
          retarget(partition, id);
        } else {
          value |= u64{partition.irq_target[id - 32]} << (i * 8);
        }
      }
    }
    if (!io.write) {
      io.value = value;
    }
  }

  /// GICv3 GICD_IROUTER: Aff0 is the vCPU, the other levels are zero in every guest. 64-bit or two 32-bit accesses.
  [[gnu::cold, gnu::noinline]] static void routers(Vcpu& vcpu, u32 id, bool upper_half, MmioAccess& io) {
    const PartitionConfig& partition = *vcpu.partition;
    if (id < 32 || !owns(partition, id) || upper_half) {
      if (!io.write) {
        io.value = 0;
      }
      return;
    }
    if (io.write) {
      const u32 index = static_cast<u32>(io.value) & 0xFF;
      partition.irq_target[id - 32] = static_cast<u8>(index < partition.vcpu_count ? index : 0);
      retarget(partition, id);
    } else {
      io.value = partition.irq_target[id - 32];
    }
  }
  static void retarget(const PartitionConfig& partition, u32 id) {
    if (owns_physical(partition, id)) {
      Gic::retarget(id, partition.vcpus[target_of(partition, id)].config->core);
    }
  }

  /// ICFGR reads the truth, writes are ignored: the trigger is a fact of the board.
  [[gnu::cold, gnu::noinline]] static void configuration(Vcpu& vcpu, u32 word, MmioAccess& io) {
    if (io.write) {
      return;
    }
    io.value = 0;
    if (word == 0) {
      io.value = 0xAAAA'AAAA;
    } else if (word / 2 < Gic::kIrqWords && word >= 2) {
      const u32 half = (vcpu.partition->irq_owned[word / 2] >> ((word % 2) * 16)) & 0xFFFF;
      u32 mask = 0;
      for (u32 bit = 0; bit < 16; ++bit) {
        mask |= ((half >> bit) & 1) * (u32{3} << (bit * 2));
      }
      io.value = Gic::read_config(word) & mask;
    }
  }

  static void control(Vcpu& vcpu, u32 offset, MmioAccess& io) {
    PartitionState& state = *vcpu.partition->state;
    if (io.write) {
      if (offset == 0) {
        store_relaxed(&state.gicd_enabled, static_cast<u32>(io.value) & kEnableBits);
        Lists::update_control(vcpu);
        for (u32 index = 0; index < vcpu.partition->vcpu_count; ++index) {
          if (index != vcpu.config->index) {
            Gic::send_kernel_sgi(vcpu.partition->vcpus[index].config->core);
          }
        }
      }
      return;
    }
    io.value = 0;
    if (offset == 0) {
      io.value = load_relaxed(&state.gicd_enabled) | (Gic::kVersion == 3 ? u32{0x50} : 0);  // ARE, DS
    } else if (offset == 4) {
      io.value = (Gic::kIrqWords - 1) | ((vcpu.partition->vcpu_count - 1) << 5) | (Gic::kVersion == 3 ? u32{9} << 19 : 0);
    } else if (offset == 8) {
      io.value = kIidr;
    } else if (Gic::kVersion == 2 && offset == 0xFE8) {
      io.value = 0x2B;  // ICPIDR2: architecture revision 2, Arm
    } else if (Gic::kVersion == 3 && offset == 0xFFE8) {
      io.value = 0x3B;
    } else if (Gic::kVersion == 3 && offset >= kIgroupr && offset < kBankFirst) {
      io.value = ~u32{0};
    }
  }

  [[gnu::cold, gnu::noinline]] static void redistributor_control(const Vcpu& owner, u32 offset, MmioAccess& io) {
    if (io.write) {
      return;
    }
    io.value = 0;
    const u32 index = owner.config->index;
    const u64 typer = (u64{index} << 32) | (u64{index} << 8) | (index + 1 == owner.partition->vcpu_count ? u64{1} << 4 : 0);
    if (offset == 4) {
      io.value = kIidr;
    } else if (offset == 8) {
      io.value = io.size == 8 ? typer : typer & 0xFFFF'FFFF;
    } else if (offset == 0xC) {
      io.value = typer >> 32;
    } else if (offset == 0xFFE8) {
      io.value = 0x3B;
    }
  }

  static constexpr u32 kIgroupr = 0x080;
  static constexpr u32 kBankFirst = 0x100;
  static constexpr u32 kBankEnd = 0x400;
  static constexpr u32 kPriorityFirst = 0x400;
  static constexpr u32 kTargetFirst = 0x800;
  static constexpr u32 kConfigFirst = 0xC00;
  static constexpr u32 kConfigEnd = 0xD00;
  static constexpr u32 kSgir = 0xF00;
  static constexpr u32 kRouterFirst = 0x6000;
  static constexpr u32 kRouterEnd = 0x8000;
  static constexpr u32 kIidr = 0x0100'043B;     // implementer Arm, our product number 1
  static constexpr u8 kPriorityMask = 0xF8;     // five bits, as list registers of a GICv2 hold
  static constexpr u32 kEnableBits = Gic::kVersion == 2 ? 1 : 2;
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_VDEV_VGIC_DISTRIBUTOR_HPP_
