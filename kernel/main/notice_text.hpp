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
    out.put_decimal(partition.id);
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

  template <u32 Capacity>
  [[gnu::cold]] static void cause(TextBuffer<Capacity>& out, const CauseRecord& record) {
    switch (record.cause) {
      case Cause::kStage2Write:
        access(out, "memory: write of ", record);
        break;
      case Cause::kStage2Read:
        access(out, "memory: read of ", record);
        break;
      case Cause::kStage2Fetch:
        out.put("memory: instruction fetch at ");
        place(out, record);
        break;
      case Cause::kStage2Walk:
        out.put("memory: own translation table walk at ");
        place(out, record);
        break;
      case Cause::kUndecodable:
        out.put("undefined: syndrome ");
        out.put_address(record.detail);
        out.put(", pc ");
        out.put_address(record.pc);
        break;
      case Cause::kIllegalRegister:
        register_name(out, record);
        break;
      case Cause::kDenied:
        out.put("illegal-request: denied call ");
        place(out, record);
        break;
      case Cause::kSerror:
        out.put("serror: syndrome ");
        out.put_address(record.detail);
        break;
      case Cause::kApplication:
        out.put("application: error ");
        out.put_decimal(record.detail);
        break;
      case Cause::kSystemOff:
        out.put("system off");
        break;
      case Cause::kSystemReset:
        out.put("system reset");
        break;
      case Cause::kCpuOff:
        out.put("last cpu off");
        break;
      case Cause::kControl:
        out.put("control by ");
        out.put_decimal(record.detail);
        break;
      case Cause::kWatchdog:
        if constexpr (F::kWatchdogs) {
          out.put("watchdog");
        }
        break;
      case Cause::kStartTimeout:
        if constexpr (F::kStartOrder) {
          out.put("start: not all that it waits for were ready in time");
        }
        break;
      case Cause::kRestartLimit:
        if constexpr (F::kRestart) {
          out.put("restart limit");
        }
        break;
      case Cause::kInterrupt:
        out.put("interrupt: unexpected ");
        out.put_decimal(record.detail);
        break;
      case Cause::kDeadline:
        if constexpr (F::Scheduler::kShared) {
          out.put("deadline: window or budget overrun, pc ");
          out.put_address(record.pc);
        }
        break;
      case Cause::kSchedule:
        if constexpr (F::Scheduler::kFrames) {
          out.put("schedule: start action");
        }
        break;
      case Cause::kScheduleDenied:
        if constexpr (F::Scheduler::kFrames) {
          out.put("schedule: denied, index ");
          out.put_decimal(record.detail);
        }
        break;
      case Cause::kNone:
        out.put("none");
        break;
    }
  }
  template <u32 Capacity>
  [[gnu::cold, gnu::noinline]] static void access(TextBuffer<Capacity>& out, const char* what, const CauseRecord& record) {
    out.put(what);
    if (record.detail == 0) {
      out.put("unknown size");
    } else {
      out.put_decimal(record.detail);
      out.put(record.detail == 1 ? " byte" : " bytes");
    }
    out.put(" at ");
    place(out, record);
  }
  template <u32 Capacity>
  [[gnu::cold, gnu::noinline]] static void place(TextBuffer<Capacity>& out, const CauseRecord& record) {
    out.put_address(record.address);
    out.put(", pc ");
    out.put_address(record.pc);
  }
  /// Assembler's generic name: S<op0>_<op1>_C<n>_C<m>_<op2>; `address` holds the encoding as sysreg.hpp packs it.
  template <u32 Capacity>
  [[gnu::cold]] static void register_name(TextBuffer<Capacity>& out, const CauseRecord& record) {
    out.put("illegal-request: register S");
    out.put_decimal(static_cast<u32>(record.address >> 14) & 3);
    out.put('_');
    out.put_decimal(static_cast<u32>(record.address >> 11) & 7);
    out.put("_C");
    out.put_decimal(static_cast<u32>(record.address >> 7) & 15);
    out.put("_C");
    out.put_decimal(static_cast<u32>(record.address >> 3) & 15);
    out.put('_');
    out.put_decimal(static_cast<u32>(record.address) & 7);
    out.put(", pc ");
    out.put_address(record.pc);
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_NOTICE_TEXT_HPP_
