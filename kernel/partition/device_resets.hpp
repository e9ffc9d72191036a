// SPDX-License-Identifier: Apache-2.0
// Reset of a partition's devices before it is loaded anew: a step of the load job, so that it costs nobody else time.
#ifndef BULKHEAD_KERNEL_PARTITION_DEVICE_RESETS_HPP_
#define BULKHEAD_KERNEL_PARTITION_DEVICE_RESETS_HPP_

#include "arch/aarch64/cpu.hpp"
#include "base/time.hpp"
#include "config/extended.hpp"
#include "partition/state.hpp"

namespace bulkhead {

template <class F>
class DeviceResets {
  using Io = typename F::Io;

 public:
  static constexpr bool kPresent = true;

  // implements: LLR-1193
  /// After the beginning of a load job: it has to reset the devices first.
  [[gnu::cold]] static void order(Vcpu& vcpu) { vcpu.loading = kFirst; }

  // implements: LLR-1193
  /// Before each chunk. False: another core is just at the registers, the next chunk tries again.
  [[gnu::cold]] static bool done(Vcpu& vcpu) {
    if (vcpu.loading != kFirst) {
      return true;
    }
    ResetClaim& claim = *F::config().reset_claim;
    if (exchange(&claim.taken, u32{1}) != 0) {
      return false;
    }
    drive(*vcpu.partition, ~u32{0});
    const u64 begun = Io::template read<CntpctEl0>().value;
    while (Io::template read<CntpctEl0>().value - begun < ticks_from_ns(kHoldNs, F::counter_hz()) + 1) {
      Io::yield();  // bounded by the counter
    }
    drive(*vcpu.partition, 0);
    store_release(&claim.taken, u32{0});
    vcpu.loading = kLoads;
    return true;
  }

 private:
  static constexpr u32 kLoads = 1;
  static constexpr u32 kFirst = 2;
  static constexpr u64 kHoldNs = 1000;

  /// Sets the bits of the partition's lines that are in `which`, clears its others.
  static void drive(const PartitionConfig& partition, u32 which) {
    for (u32 i = 0; i < F::config().reset_count; ++i) {  // at most the registers there are, for each partition
      const ResetConfig& line = F::config().resets[i];
      if (&F::config().partitions[line.partition] == &partition) {
        Io::mmio_write32(line.address, 0, (Io::mmio_read32(line.address, 0) & ~line.mask) | (line.mask & which));
        (void)Io::mmio_read32(line.address, 0);  // the write has arrived
      }
    }
    Io::dsb();  // before the memory is cleared, and before another core may go on
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_DEVICE_RESETS_HPP_
