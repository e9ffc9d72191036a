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
  /// `cause`: of kHalted, kRestarted and kLogged; `number` and `warm`: of kRestarted.
  [[gnu::cold, gnu::noinline]] static void post(Core& core, NoticeKind kind, u32 partition, const CauseRecord* cause, u32 number, u32 warm) {
    const u32 head = core.notice_head;
    if (head - load_acquire(&core.notice_tail) >= kNoticeSlots) {
      ++core.notices_lost;
      return;
    }
    Notice& slot = core.notices[head % kNoticeSlots];
    slot.kind = kind;
    slot.partition = partition;
    slot.number = number;
    slot.warm = warm;
    if (cause != nullptr) {
      slot.cause.copy(*cause);
    }
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
