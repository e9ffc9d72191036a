// SPDX-License-Identifier: Apache-2.0
// Loading a partition: a job of its boot vCPU's core, resumable, in chunks of at most 4 KiB, under the partition's own
// load table (the only stage-1 that maps its memory).
#ifndef BULKHEAD_KERNEL_PARTITION_LOADER_HPP_
#define BULKHEAD_KERNEL_PARTITION_LOADER_HPP_

#include "arch/aarch64/cpu.hpp"
#include "partition/state.hpp"

namespace bulkhead {

/// `kChecked`: what is copied is held against its checksum on the way.
template <class Io, bool kChecked>
class Loader {
 public:
  static constexpr u64 kChunk = 4096;

  // implements: LLR-064
  static void begin(Vcpu& vcpu) {
    vcpu.load_span = 0;
    vcpu.load_offset = 0;
    vcpu.loading = 1;
  }

  enum class Step : u32 { kMore, kDone, kHole, kSpoiled };

  // implements: LLR-061, LLR-062, LLR-063, LLR-064, LLR-024, LLR-023, LLR-008, LLR-1113
  /// One chunk. `kernel_ttbr` is the table to go back to.
  static Step step(Vcpu& vcpu, const LoadSpan* spans, u32 span_count, u64 kernel_ttbr) {
    if (vcpu.load_span == span_count) {
      // What was written is at the point of coherency; no instruction cache may hold what was there before.
      Io::dsb();
      Io::invalidate_instruction_caches();
      Io::dsb_ish();
      Io::isb();
      vcpu.loading = 0;
      return Step::kDone;
    }
    const LoadSpan& span = spans[vcpu.load_span];
    // Spans are never empty: the generator leaves such out.
    const u64 left = span.size - vcpu.load_offset;
    const u64 chunk = left < kChunk ? left : kChunk;
    switch_table(vcpu.partition->load_ttbr);
    const bool answers = copy_or_clear(span.destination + vcpu.load_offset,
                                       span.source == 0 ? 0 : span.source + vcpu.load_offset, chunk);
    const bool copied = kChecked && span.source != 0 && span.source != span.destination;
    if (copied) {
      u32 sum = vcpu.load_offset == 0 ? ~u32{0} : vcpu.load_sum;
      for (u64 word = 0; word < chunk; word += sizeof(u64)) {
        sum = Io::crc32(sum, Io::load64(span.destination + vcpu.load_offset + word));
      }
      vcpu.load_sum = sum;
    }
    switch_table(kernel_ttbr);
    vcpu.load_offset += chunk;
    if (vcpu.load_offset == span.size) {
      vcpu.load_offset = 0;
      ++vcpu.load_span;
      if (copied && answers && ~vcpu.load_sum != span.checksum) {
        return Step::kSpoiled;
      }
    }
    return answers ? Step::kMore : Step::kHole;
  }

 private:
  static void switch_table(u64 ttbr) {
    Io::write(Ttbr0El2{ttbr});
    Io::isb();  // no walk with the new root before the old entries are gone, and none with the old one after
    Io::invalidate_el2_tlb();
    Io::dsb_nsh();
    Io::isb();
  }

  /// Lines of 64 bytes, cleaned to the point of coherency: guests start with the MMU off. `source` equal to
  /// `destination` means the bytes are in place and only the caches need care. False: the last word does not hold.
  static bool copy_or_clear(u64 destination, u64 source, u64 size) {
    const u64 end = destination + size;
    for (u64 line = destination; line != end; line += kCacheLine) {
      if (source == 0) {
        Io::zero_line(line);
      } else if (source != destination) {
        Io::copy_line(line, source + (line - destination));
      }
      Io::clean_invalidate_line(line);
    }
    if (source == destination) {
      return true;
    }
    Io::dsb();  // the line is in memory before it is read back
    return Io::load64(end - 8) == (source == 0 ? 0 : Io::load64(source + size - 8));
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_LOADER_HPP_
