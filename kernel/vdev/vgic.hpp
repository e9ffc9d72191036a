// SPDX-License-Identifier: Apache-2.0
// Virtual interrupts of a vCPU: list registers, overflow, SGIs. All of it runs on the vCPU's own core; other cores of the
// partition leave SGIs in the mailbox and ring. An interrupt of a device the partition owns is linked to its physical
// one (HW bit), so the guest's end-of-interrupt deactivates it without a trap and it can never be in two list registers.
#ifndef BULKHEAD_KERNEL_VDEV_VGIC_HPP_
#define BULKHEAD_KERNEL_VDEV_VGIC_HPP_

#include "arch/aarch64/cpu.hpp"
#include "partition/state.hpp"

namespace bulkhead {

template <class Gic>
class Vgic {
 public:
  // implements: LLR-090
  /// Clean interrupt state for a vCPU about to start; its core calls it.
  [[gnu::cold, gnu::noinline]] static void reset(Vcpu& vcpu) {
    release_all(vcpu);
    Gic::virtual_reset();
    vcpu.lr_used = 0;
    vcpu.overflow_words = 0;
    for (u32 i = 0; i < 2; ++i) {
      vcpu.sgi_pending[i] = 0;
      vcpu.sgi_mail[i] = 0;
    }
    for (u16& tag : vcpu.lr_tag) {
      tag = kNoTag;
    }
    for (u8& priority : vcpu.banked_priority) {
      priority = Gic::kGuestPriority;
    }
    for (u32& word : vcpu.pending) {
      word = 0;
    }
    update_control(vcpu);
  }

  // implements: LLR-090, LLR-122
  /// An acknowledged physical interrupt of the partition, priority already dropped.
  static void inject_hardware(Vcpu& vcpu, u32 id) {
    const u32 free = free_lists(vcpu);
    if (__builtin_expect(free != 0 && vcpu.overflow_words == 0, 1)) {
      write(vcpu, lowest_bit(free), Gic::pending_hardware(id, priority_of(vcpu, id)), static_cast<u16>(id));
      return;
    }
    queue(vcpu, id, 0);
  }

  // implements: LLR-088, LLR-090
  /// SGI or virtual-only SPI. `source` is the requesting vCPU of an SGI, else 0.
  [[gnu::noinline]] static void inject_software(Vcpu& vcpu, u32 id, u32 source) {
    const u16 tag = static_cast<u16>(id | (source << 10));
    u32 slot = tagged(vcpu, tag);
    if (slot != kNone) {
      // The same interrupt again: if it was not taken to its end yet, it becomes pending beside what it is.
      const auto lr = Gic::read_lr(slot);
      if (Gic::lr_is_pending(lr) || Gic::lr_is_active(lr)) {
        Gic::write_lr_rarely(slot, Gic::lr_with_pending(lr, true));
        return;
      }
    }
    if (__builtin_expect(vcpu.overflow_words == 0, 1)) {
      if (slot == kNone) {
        const u32 free = free_lists(vcpu);
        slot = free == 0 ? kNone : lowest_bit(free);
      }
      if (slot != kNone) {
        write(vcpu, slot, Gic::pending_software(id, priority_of(vcpu, id), source), tag);
        return;
      }
    }
    queue(vcpu, id, source);
  }

  // implements: LLR-303
  /// Edge of a virtual-only SPI: a doorbell.
  static void inject_edge(Vcpu& vcpu, u32 id) {
    if (__builtin_expect(enabled(vcpu, id), 1)) {
      inject_software(vcpu, id, 0);
    } else {
      mark_pending(vcpu, id);
    }
  }

  // implements: LLR-204
  /// Level of a virtual-only, level-sensitive SPI (the console) changed or may have.
  [[gnu::cold, gnu::noinline]] static void set_level(Vcpu& vcpu, u32 id, bool level) {
    const u32 held = find(vcpu, static_cast<u16>(id));
    if (held != kNone) {
      Gic::write_lr_rarely(held, Gic::lr_with_pending(Gic::read_lr_rarely(held), level));
      return;
    }
    if (!level) {
      unmark_pending(vcpu, id);
    } else if (enabled(vcpu, id)) {
      inject_software(vcpu, id, 0);
    } else {
      mark_pending(vcpu, id);
    }
  }

  // implements: LLR-089
  /// Moves waiting interrupts into list registers, most urgent first, and asks for a maintenance interrupt only while
  /// some still wait. Called on overflow, on maintenance, and when the guest enables interrupts.
  [[gnu::cold, gnu::noinline]] static void refill(Vcpu& vcpu) {
    for (u32 n = 0; n < Gic::kListRegisters; ++n) {
      const Candidate best = most_urgent(vcpu);
      if (best.id == kNone) {
        break;
      }
      const u32 free = free_lists(vcpu);
      u32 slot = kNone;
      if (free != 0) {
        slot = lowest_bit(free);
      } else {
        slot = evict(vcpu, best.priority);
        if (slot == kNone) {
          break;
        }
      }
      take(vcpu, slot, best);
    }
    update_control(vcpu);
  }

  // implements: LLR-083
  /// The guest disabled interrupts of its own (`mask` of bank word `word`): what is in a list register or waiting, and
  /// not active, goes back to the distributor.
  [[gnu::cold, gnu::noinline]] static void withdraw(Vcpu& vcpu, u32 word, u32 mask) {
    for (u32 n = 0; n < Gic::kListRegisters; ++n) {
      if ((vcpu.lr_used & (u32{1} << n)) == 0 || vcpu.lr_tag[n] / 32 != word ||
          (mask & (u32{1} << (vcpu.lr_tag[n] % 32))) == 0) {
        continue;
      }
      const auto lr = Gic::read_lr_rarely(n);
      if (Gic::lr_is_pending(lr) && !Gic::lr_is_active(lr)) {
        Gic::write_lr_rarely(n, 0);
        vcpu.lr_used &= ~(u32{1} << n);
        mark_pending(vcpu, vcpu.lr_tag[n]);
        vcpu.lr_tag[n] = kNoTag;
      }
    }
    const u32 physical = vcpu.pending[word] & mask & vcpu.irq_owned[word];
    if (physical != 0) {
      // Active at the distributor since the kernel acknowledged it. A level asks again by itself, as PPIs that guests own
      // do; an edge would be lost.
      u32 edges = 0;
      for (u32 left = word == 0 ? 0 : physical; left != 0; left &= left - 1) {
        edges |= Gic::is_edge(word * 32 + lowest_bit(left)) ? left & ~(left - 1) : 0;
      }
      if (edges != 0) {
        Gic::set_pending(vcpu.config->core, word, edges);
      }
      Gic::clear_active(vcpu.config->core, word, physical);
      vcpu.pending[word] &= ~physical;
      forget_empty_word(vcpu, word);
    }
  }

  // implements: LLR-088
  /// SGIs that other vCPUs of the partition left in the mailbox.
  [[gnu::cold, gnu::noinline]] static void collect_mail(Vcpu& vcpu) {
    for (u32 half = 0; half < 2; ++half) {
      if (load_relaxed(&vcpu.sgi_mail[half]) == 0) {
        continue;
      }
      u64 mail = exchange(&vcpu.sgi_mail[half], u64{0});
      while (mail != 0) {  // at most 8 SGIs x 8 sources
        const u32 bit = lowest_bit64(mail);
        mail &= mail - 1;
        inject_software(vcpu, half * 8 + bit / 8, bit % 8);
      }
    }
  }

  /// True while an interrupt waits for the guest.
  [[gnu::cold]] static bool anything_pending(const Vcpu& vcpu) {
    bool found = most_urgent(vcpu).id != kNone;
    for (u32 n = 0; n < Gic::kListRegisters; ++n) {
      found = found || Gic::lr_is_pending(Gic::read_lr_rarely(n));
    }
    return found;
  }

  /// Guest's distributor enable changed, or the overflow did.
  [[gnu::cold, gnu::noinline]] static void update_control(Vcpu& vcpu) {
    const bool waiting = most_urgent(vcpu).id != kNone;
    bool any_pending = false;
    if (waiting) {
      for (u32 n = 0; n < Gic::kListRegisters; ++n) {
        any_pending = any_pending || Gic::lr_is_pending(Gic::read_lr_rarely(n));
      }
    }
    // While something pending is left, "none pending" tells when to refill; with all list registers active it would
    // fire for ever, so then "one or none in use" is asked for instead.
    vcpu.control_seen = load_relaxed(&vcpu.partition->state->gicd_enabled);
    Gic::virtual_control(vcpu.control_seen != 0, waiting && !any_pending, waiting && any_pending);
  }

  static bool enabled(const Vcpu& vcpu, u32 id) {
    return id < 32 || (load_relaxed(&vcpu.partition->irq_enabled[id / 32]) & (u32{1} << (id % 32))) != 0;
  }
  static u32 priority_of(const Vcpu& vcpu, u32 id) {
    return id < 32 ? vcpu.banked_priority[id] : vcpu.partition->irq_priority[id - 32];
  }
  [[gnu::cold, gnu::noinline]] static void mark_pending(Vcpu& vcpu, u32 id) {
    vcpu.pending[id / 32] |= u32{1} << (id % 32);
    vcpu.overflow_words |= u32{1} << (id / 32);
  }
  /// SGIs wait by source; in the overflow they count as word 0.
  [[gnu::cold, gnu::noinline]] static void mark_sgi(Vcpu& vcpu, u32 id, u32 source) {
    vcpu.sgi_pending[id / 8] |= u64{1} << ((id % 8) * 8 + source);
    vcpu.overflow_words |= 1;
  }
  [[gnu::cold, gnu::noinline]] static void unmark_pending(Vcpu& vcpu, u32 id) {
    vcpu.pending[id / 32] &= ~(u32{1} << (id % 32));
    forget_empty_word(vcpu, id / 32);
  }
  /// Pending bits of one bank word as the guest reads them, of what this core holds.
  [[gnu::cold, gnu::noinline]] static u32 held_bits(const Vcpu& vcpu, u32 word, bool active) {
    u32 bits = active ? 0 : vcpu.pending[word];
    for (u32 n = 0; n < Gic::kListRegisters; ++n) {
      if ((vcpu.lr_used & (u32{1} << n)) == 0) {
        continue;
      }
      const auto lr = Gic::read_lr_rarely(n);
      const u32 id = vcpu.lr_tag[n] & 0x3FF;
      if (id / 32 == word && (active ? Gic::lr_is_active(lr) : Gic::lr_is_pending(lr))) {
        bits |= u32{1} << (id % 32);
      }
    }
    return bits;
  }

  static constexpr u32 kNone = 0xFFFF'FFFF;

 private:
  /// No list register to be had at once: it waits with the others, the most urgent go first.
  [[gnu::cold, gnu::noinline]] static void queue(Vcpu& vcpu, u32 id, u32 source) {
    mark(vcpu, id, source);
    refill(vcpu);
  }
  [[gnu::cold, gnu::noinline]] static void mark(Vcpu& vcpu, u32 id, u32 source) {
    if (id < 16) {
      mark_sgi(vcpu, id, source);
    } else {
      mark_pending(vcpu, id);
    }
  }

  struct Candidate {
    u32 id;
    u32 source;
    u32 priority;
  };

  /// List registers that may be written. The hardware is asked only when our own count says all are in use.
  static u32 free_lists(Vcpu& vcpu) {
    const u32 free = ~vcpu.lr_used & Gic::kAllLists;
    if (__builtin_expect(free != 0, 1)) {
      return free;
    }
    vcpu.lr_used &= ~Gic::empty_list_registers();
    return ~vcpu.lr_used & Gic::kAllLists;
  }
  static void write(Vcpu& vcpu, u32 n, typename Gic::ListRegister value, u16 tag) {
    note(vcpu, n, tag);
    Gic::write_lr(n, value);
  }
  static void note(Vcpu& vcpu, u32 n, u16 tag) {
    vcpu.lr_used |= u32{1} << n;
    vcpu.lr_tag[n] = tag;
  }
  /// The list register that holds `tag` and is not empty.
  static u32 find(const Vcpu& vcpu, u16 tag) {
    const u32 held = tagged(vcpu, tag);
    if (held == kNone) {
      return kNone;
    }
    const auto lr = Gic::read_lr_rarely(held);
    return Gic::lr_is_pending(lr) || Gic::lr_is_active(lr) ? held : kNone;
  }
  /// The list register last written with `tag`, empty by now or not.
  static u32 tagged(const Vcpu& vcpu, u16 tag) {
    for (u32 n = 0; n < Gic::kListRegisters; ++n) {
      if (vcpu.lr_tag[n] == tag && (vcpu.lr_used & (u32{1} << n)) != 0) {
        return n;
      }
    }
    return kNone;
  }
  static void forget_empty_word(Vcpu& vcpu, u32 word) {
    const bool sgis = word == 0 && (vcpu.sgi_pending[0] | vcpu.sgi_pending[1]) != 0;
    if (vcpu.pending[word] == 0 && !sgis) {
      vcpu.overflow_words &= ~(u32{1} << word);
    }
  }
  /// The most urgent deliverable interrupt that waits: lowest priority value, then lowest INTID.
  [[gnu::cold, gnu::noinline]] static Candidate most_urgent(const Vcpu& vcpu) {
    Candidate best{kNone, 0, 0x100};
    for (u32 half = 0; half < 2; ++half) {
      u64 bits = vcpu.sgi_pending[half];
      while (bits != 0) {
        const u32 bit = lowest_bit64(bits);
        bits &= bits - 1;
        const u32 id = half * 8 + bit / 8;
        if (vcpu.banked_priority[id] < best.priority) {
          best = Candidate{id, bit % 8, vcpu.banked_priority[id]};
        }
      }
    }
    u32 words = vcpu.overflow_words;
    while (words != 0) {
      const u32 word = lowest_bit(words);
      words &= words - 1;
      u32 bits = vcpu.pending[word] & deliverable(vcpu, word);
      while (bits != 0) {
        const u32 id = word * 32 + lowest_bit(bits);
        bits &= bits - 1;
        const u32 priority = priority_of(vcpu, id);
        if (priority < best.priority) {
          best = Candidate{id, 0, priority};
        }
      }
    }
    return best;
  }
  /// Physical interrupts that were acknowledged were enabled; virtual ones wait until the guest enables them.
  static u32 deliverable(const Vcpu& vcpu, u32 word) {
    return vcpu.irq_owned[word] | load_relaxed(&vcpu.partition->irq_enabled[word]);
  }
  /// Frees the list register of the least urgent pending interrupt, if it is less urgent than `priority`.
  [[gnu::cold]] static u32 evict(Vcpu& vcpu, u32 priority) {
    u32 victim = kNone;
    u32 worst = priority;
    for (u32 n = 0; n < Gic::kListRegisters; ++n) {
      const auto lr = Gic::read_lr_rarely(n);
      const u32 held = priority_of(vcpu, vcpu.lr_tag[n] & 0x3FF);
      if (Gic::lr_is_pending(lr) && !Gic::lr_is_active(lr) && held > worst) {
        worst = held;
        victim = n;
      }
    }
    if (victim != kNone) {
      mark(vcpu, vcpu.lr_tag[victim] & 0x3FF, vcpu.lr_tag[victim] >> 10);
    }
    return victim;
  }
  [[gnu::cold]] static void take(Vcpu& vcpu, u32 slot, const Candidate& chosen) {
    const u32 id = chosen.id;
    const bool hardware = id >= 16 && (vcpu.irq_owned[id / 32] & (u32{1} << (id % 32))) != 0;
    if (id < 16) {
      vcpu.sgi_pending[id / 8] &= ~(u64{1} << ((id % 8) * 8 + chosen.source));
      forget_empty_word(vcpu, 0);
    } else {
      unmark_pending(vcpu, id);
    }
    Gic::write_lr_rarely(slot, hardware ? Gic::pending_hardware(id, chosen.priority)
                                        : Gic::pending_software(id, chosen.priority, chosen.source));
    note(vcpu, slot, static_cast<u16>(id | (chosen.source << 10)));
  }
  /// Deactivates every physical interrupt that this vCPU holds, in a list register or waiting for one.
  [[gnu::cold]] static void release_all(Vcpu& vcpu) {
    const u32 core = vcpu.config->core;
    for (u32 n = 0; n < Gic::kListRegisters; ++n) {
      const auto lr = Gic::read_lr_rarely(n);
      const u32 id = Gic::lr_id(lr);
      // Only what the partition owns: list registers are unknown before their first use.
      const bool own = (vcpu.irq_owned[(id / 32) % Gic::kIrqWords] & (u32{1} << (id % 32))) != 0;
      if (own && Gic::lr_is_hardware(lr) && (Gic::lr_is_pending(lr) || Gic::lr_is_active(lr))) {
        Gic::clear_active(core, id / 32, u32{1} << (id % 32));
      }
    }
    for (u32 word = 0; word < Gic::kIrqWords; ++word) {
      const u32 physical = vcpu.pending[word] & vcpu.irq_owned[word];
      if (physical != 0) {
        Gic::clear_active(core, word, physical);
      }
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_VDEV_VGIC_HPP_
