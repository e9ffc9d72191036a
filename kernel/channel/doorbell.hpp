// SPDX-License-Identifier: Apache-2.0
// Doorbells between partitions. A sender counts up a word that it alone writes and sends the receiver's core an SGI of its
// own number; the receiver's core compares. Doorbells of direct receivers are physical SPIs, set pending by the sender's core.
#ifndef BULKHEAD_KERNEL_CHANNEL_DOORBELL_HPP_
#define BULKHEAD_KERNEL_CHANNEL_DOORBELL_HPP_

#include "arch/aarch64/cpu.hpp"
#include "channel/doorbell_state.hpp"

namespace bulkhead {

/// `F`: F::Io, F::Gic, F::Lists, F::Distributor.
template <class F>
class Doorbells {
  using Io = typename F::Io;
  using Gic = typename F::Gic;

 public:
  // implements: LLR-188, LLR-901
  /// Rings every other end of the channel in `slot` that has a doorbell; false: the caller has no end of it.
  [[gnu::always_inline]] static bool ring(const PartitionConfig& partition, u64 slot) {
    if (__builtin_expect(slot >= partition.doorbell_slots, 0)) {
      return false;
    }
    const Doorbell* bell = &partition.doorbells[slot];
    if (__builtin_expect(bell->kind == DoorbellKind::kNoEnd, 0)) {
      return false;
    }
    for (;;) {  // at most kMaxDoorbells: the table's chains have no circle
      ring(*bell);
      if (__builtin_expect(bell->next == 0, 1)) {
        return true;
      }
      bell = &partition.doorbells[bell->next];
    }
  }

  // implements: LLR-303, LLR-902
  /// On the receiver's core, its vCPU running: every doorbell that has rung since the last look becomes an interrupt.
  [[gnu::always_inline]] static void collect(Vcpu& vcpu) {
    const PartitionConfig& partition = *vcpu.partition;
    const DoorbellSource* source = partition.doorbell_sources;
    const DoorbellSource* const end = source + partition.doorbell_source_count;
    for (; source != end; ++source) {  // at most kMaxDoorbells
      DoorbellState& state = *source->state;
      const u32 rung = load_acquire(&state.rung);
      // `reach` also tells which of the partition's vCPUs the guest wants it on.
      if (rung != state.seen && load_relaxed(&state.reach) == &vcpu.reach) {
        state.seen = rung;
        F::Lists::inject_edge(vcpu, source->irq);
      }
    }
  }

  // implements: LLR-188, LLR-902
  /// The partition starts, or its guest moved an interrupt: senders find the vCPU that each interrupt goes to.
  [[gnu::cold, gnu::noinline]] static void listen(const PartitionConfig& partition) {
    for (u32 i = 0; i < partition.doorbell_source_count; ++i) {
      const DoorbellSource& source = partition.doorbell_sources[i];
      store_relaxed(&source.state->reach, &partition.vcpus[F::Distributor::target_of(partition, source.irq)].reach);
    }
  }

  // implements: LLR-907
  /// Of the sources of a partition, one has rung since the last look.
  static bool any_rung(const PartitionConfig& partition) {
    for (u32 i = 0; i < partition.doorbell_source_count; ++i) {  // at most kMaxDoorbells
      const DoorbellState& state = *partition.doorbell_sources[i].state;
      if (load_relaxed(&state.rung) != state.seen) {
        return true;
      }
    }
    return false;
  }

  /// The partition halts or starts anew: what rang for its former life is over.
  [[gnu::cold, gnu::noinline]] static void forget(const PartitionConfig& partition) {
    for (u32 i = 0; i < partition.doorbell_source_count; ++i) {
      Reach* const nobody = nullptr;
      DoorbellState& state = *partition.doorbell_sources[i].state;
      store_relaxed(&state.reach, nobody);
      state.seen = load_relaxed(&state.rung);
    }
  }

  /// One bell: of a channel, or of a health monitor.
  [[gnu::always_inline]] static void ring(const Doorbell& bell) {
    if (__builtin_expect(bell.state != nullptr, 1)) {
      DoorbellState& state = *bell.state;
      (void)__atomic_fetch_add(&state.rung, 1, __ATOMIC_RELEASE);  // several vCPUs of one sender may ring at once
      Io::dsb_ish();  // counter and message are visible before the interrupt, and before `reach` is read
      Reach* const reach = load_relaxed(&state.reach);
      if (reach != nullptr) {
        Gic::send_to(F::Scheduler::whom(*reach));  // 0 is an SGI to nobody
      }
    } else {
      Io::dsb_ishst();  // the message is visible before the interrupt
      Gic::set_spi_pending(bell.word, bell.mask);  // no bit of it where nobody has a doorbell
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_CHANNEL_DOORBELL_HPP_
