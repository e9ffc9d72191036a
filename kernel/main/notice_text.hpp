// SPDX-License-Identifier: Apache-2.0
// Notices as text: the only place that knows the wording of the kernel's console lines.
#ifndef BULKHEAD_KERNEL_MAIN_NOTICE_TEXT_HPP_
#define BULKHEAD_KERNEL_MAIN_NOTICE_TEXT_HPP_

#include "base/text.hpp"
#include "base/version.hpp"
#include "partition/state.hpp"

namespace bulkhead {

template <class F>
class NoticeText {
 public:
  // implements: LLR-244, LLR-010, LLR-169
  template <u32 Capacity>
  [[gnu::cold]] static void write(TextBuffer<Capacity>& out, const ConfigHeader& config, const Notice& notice) {
    out.put("[bulkhead] ");
    if (notice.kind == NoticeKind::kBanner) {
      banner(out, config);
    } else if (notice.kind == NoticeKind::kAllHalted) {
      out.put("all partitions halted");
    } else {
      out.put(config.partitions[notice.partition].name);
      if (F::kRestart && notice.kind == NoticeKind::kRestarted) {
        out.put(notice.warm != 0 ? " restarted warm " : " restarted cold ");
        out.put_decimal(notice.number);
      } else {
        out.put(notice.kind == NoticeKind::kHalted ? " halted" : " health event");
      }
      out.put(": ");
      cause(out, notice.cause);
    }
    out.put("\r\n");
  }

  // implements: LLR-1105
  template <u32 Capacity>
  [[gnu::cold]] static void write_record(TextBuffer<Capacity>& out, const PartitionConfig& partition, const LogRecord& record) {
    out.put("[bulkhead] ");
    out.put(partition.name);
    out.put(" log at ");
    out.put_address(record.counter);
    out.put(": ");
    cause(out, record.cause);
    out.put("\r\n");
  }

  template <u32 Capacity>
  [[gnu::cold]] static void write_status(TextBuffer<Capacity>& out, const PartitionConfig& partition) {
    constexpr const char* kModes[] = {"halted", "cold start", "warm start", "normal"};
    out.put("[bulkhead] ");
    out.put_decimal(raw(partition.id));
    out.put(' ');
    out.put(partition.name);
    out.put(": ");
    out.put(kModes[static_cast<u32>(partition.state->mode) % 4]);
    out.put(", restarts ");
    out.put_decimal(partition.state->restarts);
    if (partition.console != nullptr) {
      out.put(", console bytes lost ");
      out.put_decimal(partition.console->lost);
    }
    F::Bandwidth::account(out, partition);
    out.put("\r\n");
  }

 private:
  template <u32 Capacity>
  [[gnu::cold]] static void banner(TextBuffer<Capacity>& out, const ConfigHeader& config) {
    out.put("Bulkhead ");
    out.put(kVersion);
    out.put(" abi ");
    out.put_decimal(kAbiVersion);
    out.put(" kernel ");
    out.put_hex(config.kernel_hash, 16);
    out.put(" config ");
    out.put_hex(configuration_id(config), 16);
    out.put(' ');
    out.put(config.banner_tail);
  }

  /// By Cause. Behind a % stands what of the record comes there, see `cause`. Empty: this kernel does not say it.
  static constexpr const char* kCauses[] = {
      "none",
      "memory: write of %n at %a, pc %p",
      "memory: read of %n at %a, pc %p",
      "memory: instruction fetch at %a, pc %p",
      "memory: own translation table walk at %a, pc %p",
      "undefined: syndrome %x, pc %p",
      "illegal-request: register %r, pc %p",
      "illegal-request: denied call %a, pc %p",
      "serror: syndrome %x",
      "system off",
      "system reset",
      "last cpu off",
      "control by %d",
      F::kWatchdogs ? "watchdog" : "",
      "application: error %d",
      F::kRestart ? "restart limit" : "",
      "interrupt: unexpected %d",
      F::kStartOrder ? "start: not all that it waits for were ready in time" : "",
      F::kRestart ? "start: payload spoiled at %a" : "",
      F::Scheduler::kShared ? "deadline: window or budget overrun, pc %p" : "",
      F::Scheduler::kFrames ? "schedule: start action" : "",
      F::Scheduler::kFrames ? "schedule: denied, index %d" : "",
  };
  static_assert(sizeof(kCauses) / sizeof(kCauses[0]) == static_cast<u32>(Cause::kCount), "one text a cause");

  /// a: address, d: detail, n: detail as a number of bytes, p: pc, r: address as a register's encoding, x: detail in
  /// hexadecimal.
  template <u32 Capacity>
  [[gnu::cold, gnu::noinline]] static void cause(TextBuffer<Capacity>& out, const CauseRecord& record) {
    const char* c = kCauses[static_cast<u32>(record.cause)];
    for (; *c != '\0'; ++c) {
      if (*c != '%') {
        out.put(*c);
        continue;
      }
      ++c;
      if (*c == 'd') {
        out.put_decimal(record.detail);
      } else if (*c == 'n') {
        size(out, record.detail);
      } else if (*c == 'r') {
        register_name(out, static_cast<u32>(record.address));
      } else {
        out.put_address(*c == 'a' ? record.address : (*c == 'p' ? record.pc : record.detail));
      }
    }
  }
  template <u32 Capacity>
  [[gnu::cold]] static void size(TextBuffer<Capacity>& out, u32 bytes) {
    if (bytes == 0) {
      out.put("unknown size");
    } else {
      out.put_decimal(bytes);
      out.put(bytes == 1 ? " byte" : " bytes");
    }
  }
  /// Assembler's generic name, S<op0>_<op1>_C<n>_C<m>_<op2>, of an encoding as system_registers.hpp packs it.
  template <u32 Capacity>
  [[gnu::cold]] static void register_name(TextBuffer<Capacity>& out, u32 encoding) {
    out.put('S');
    out.put_decimal(encoding >> 14);
    out.put('_');
    out.put_decimal((encoding >> 11) & 7);
    out.put("_C");
    out.put_decimal((encoding >> 7) & 15);
    out.put("_C");
    out.put_decimal((encoding >> 3) & 15);
    out.put('_');
    out.put_decimal(encoding & 7);
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_NOTICE_TEXT_HPP_
