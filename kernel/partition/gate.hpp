// SPDX-License-Identifier: Apache-2.0
// The gate of a direct partition: the root of its stage-2 tables, the one table page EL2 can write. Closed, it makes the
// next fetch or access of the partition trap on every core, whatever the guest did to its interrupts. No EL3 help.
#ifndef BULKHEAD_KERNEL_PARTITION_GATE_HPP_
#define BULKHEAD_KERNEL_PARTITION_GATE_HPP_

#include "arch/aarch64/cpu.hpp"
#include "partition/state.hpp"

namespace bulkhead {

template <class Io>
class Gate {
 public:
  // implements: LLR-363
  /// The partition's tables as the configuration has them. Its cores stand still; invalid entries are not cached.
  [[gnu::cold, gnu::noinline]] static void open(const PartitionConfig& partition) {
    for (u32 i = 0; i < partition.gate_entries; ++i) {
      store_relaxed(&partition.gate[i], partition.stage2_root[i]);
    }
    Io::dsb_ish();  // the walkers of all cores see the entries before a guest runs
  }

  // implements: LLR-363
  /// On any core, for a partition that runs elsewhere or was left on this core by a trap.
  [[gnu::cold, gnu::noinline]] static void close(const PartitionConfig& partition) {
    for (u32 i = 0; i < partition.gate_entries; ++i) {
      store_relaxed(&partition.gate[i], u64{0});
    }
    Io::dsb_ishst();  // zeros before the invalidation that makes them count
    const VttbrEl2 own = Io::template read<VttbrEl2>();
    Io::write(VttbrEl2{partition.vttbr});  // TLB maintenance acts on the current VMID
    Io::isb();
    Io::invalidate_guest_tlb_all_cores();
    Io::dsb_ish();  // every core has dropped its entries
    Io::write(own);
    Io::isb();
    Io::sev();  // a core in WFE fetches again
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_GATE_HPP_
