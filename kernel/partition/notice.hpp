// SPDX-License-Identifier: Apache-2.0
// Notices: what a core wants said on the console, as numbers in its own ring; the supervisor core makes text of them.
#ifndef BULKHEAD_KERNEL_PARTITION_NOTICE_HPP_
#define BULKHEAD_KERNEL_PARTITION_NOTICE_HPP_

#include "arch/aarch64/cpu.hpp"
#include "partition/state.hpp"

namespace bulkhead {

class NoticeRing {
 public:
  // implements: LLR-302
  [[gnu::cold, gnu::noinline]] static void post(Core& core, const Notice& notice) {
    const u32 head = core.notice_head;
    if (head - load_acquire(&core.notice_tail) >= kNoticeSlots) {
      ++core.notices_lost;
      return;
    }
    Notice& slot = core.notices[head % kNoticeSlots];
    // Member by member: a whole-object copy may become a call of memcpy, which the kernel does not have.
    slot.kind = notice.kind;
    slot.partition = notice.partition;
    slot.number = notice.number;
    slot.cause.cause = notice.cause.cause;
    slot.cause.detail = notice.cause.detail;
    slot.cause.address = notice.cause.address;
    slot.cause.pc = notice.cause.pc;
    store_release(&core.notice_head, head + 1);
  }
  /// Supervisor core: the oldest notice of `core`, or null.
  static const Notice* peek(const Core& core) {
    return core.notice_tail == load_acquire(&core.notice_head) ? nullptr : &core.notices[core.notice_tail % kNoticeSlots];
  }
  static void pop(Core& core) { store_release(&core.notice_tail, core.notice_tail + 1); }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_NOTICE_HPP_
