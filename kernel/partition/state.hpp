// SPDX-License-Identifier: Apache-2.0
// implements: LLR-302
// Everything the kernel writes at run time, as types: one record a vCPU, a core, a partition, a console. The generator
// places the records in the state segment; nothing is allocated.
#ifndef BULKHEAD_KERNEL_PARTITION_STATE_HPP_
#define BULKHEAD_KERNEL_PARTITION_STATE_HPP_

#include "arch/aarch64/frame.hpp"
#include "config/schema.hpp"

namespace bulkhead {

/// Pending order to all vCPUs of a partition. Whoever wins the exclusive from kNone to kClaimed writes the cause and then
/// the order; the boot vCPU's core takes it back to kNone when it is carried out.
enum class Command : u32 { kNone = 0, kClaimed = 1, kHalt = BULKHEAD_COMMAND_HALT, kColdRestart = 3, kWarmRestart = 4 };

/// Power state of a vCPU: PSCI's off, on-pending, on. kClaimed: a caller of CPU_ON writes entry and context.
enum class Power : u32 { kOff = 0, kClaimed = 1, kOnPending = 2, kOn = 3 };

inline constexpr u32 kMaxListRegisters = 16;
inline constexpr u16 kNoTag = 0xFFFF;

/// Where others tell a vCPU that they left something for it. They pass a barrier in between.
struct Reach {
  u64 wake;  ///< Gic::sgi_to its core with the doorbell's SGI; 0: away from a shared core, nobody is to be interrupted
  u32 left;  ///< 1: something was left while it was away; it looks when it comes
};

/// A vCPU. SP_EL2 points here while the guest runs, so that a trap stores registers straight into the record.
struct alignas(kCacheLine) Vcpu {
  u64 x[31];                        ///< x0..x9, x16, x17, x30 are valid in every trap, the rest where a trap may name them
  const Command* order;             ///< of a direct vCPU: its partition's order, looked at around each sleep; else null
  u8* stack_top;                    ///< kernel stack of the core
  const PartitionConfig* partition;
  const VcpuConfig* config;
  Core* core;
  PartitionState* state;            ///< of `partition`: whether an order is there is one load away
  const u32* irq_owned;             ///< of `partition`: whose an interrupt is takes one load less
  u32 lr_used;                      ///< list registers written and not yet seen empty
  u32 overflow_words;               ///< bit n: pending[n] is not zero; bit 0 also: an SGI waits
  u64 sgi_pending[2];               ///< byte s: mask of the source vCPUs of SGI s that wait for a list register
  u16 lr_tag[kMaxListRegisters];    ///< INTID | source << 10 last written to a list register
  u8 banked_priority[32];           ///< SGIs and PPIs
  u32 pending[kMaxIrqWords];        ///< interrupts without a list register: overflow, and disabled virtual ones
  u64 set_way_skipped;              ///< set/way operations trapped and skipped
  Ipa boot_entry;                   ///< CPU_ON: entry and context id, written before `power` becomes kOnPending
  u64 boot_context;
  u64 load_offset;                  ///< resumable load job: bytes done of the current span
  u32 load_span;
  u32 load_sum;                     ///< CRC-32 of the current span so far
  u32 loading;                      ///< 1: a load job is under way
  u32 control_seen;                 ///< gicd_enabled that the virtual interface was last set up for
  u32 console_level;                ///< 1: the console's interrupt was last seen up

  // Written by other cores of the same partition with exclusives; a line of its own.
  alignas(kCacheLine) u64 sgi_mail[2];  ///< as sgi_pending
  Reach reach;                          ///< how they tell it
  Power power;
};

static_assert(offsetof(Vcpu, x) == BULKHEAD_FRAME_X(0), "vectors.S stores x0 first");
static_assert(offsetof(Vcpu, order) == BULKHEAD_VCPU_ORDER, "sleep_gicv2.S and sleep_gicv3.S find the order here");
static_assert(offsetof(Vcpu, stack_top) == BULKHEAD_VCPU_STACK_TOP, "vectors.S finds the stack here");

/// What a partition did wrong, in numbers; the supervisor core makes text of it.
enum class Cause : u32 {
  kNone, kStage2Write, kStage2Read, kStage2Fetch, kStage2Walk, kUndecodable, kIllegalRegister, kDenied, kSerror,
  kSystemOff, kSystemReset, kCpuOff, kControl, kWatchdog, kApplication, kRestartLimit, kInterrupt, kStartTimeout, kPayload, kDeadline,
  kSchedule, kScheduleDenied, kCount
};

struct CauseRecord {
  Cause cause;
  u32 detail;      ///< bytes of an access, application error code, syndrome ISS
  u64 address;     ///< IPA, or register encoding
  u64 pc;          ///< guest ELR

  /// Member by member: a whole-object copy may become a call of memcpy, which the kernel does not have.
  void copy(const CauseRecord& from) {
    cause = from.cause;
    detail = from.detail;
    address = from.address;
    pc = from.pc;
  }
};

/// A health event as the log of a partition keeps it.
struct LogRecord {
  u64 counter;
  HealthEvent event;
  HealthAction action;
  u8 mode;           ///< PartitionMode in which it came
  u8 reserved[5];
  CauseRecord cause;
};
inline constexpr u32 kLogRecords = 8;

/// Registers of a virtual PL011 (Arm DDI 0183), shared by the vCPUs of the partition.
struct VirtualPl011 {
  u32 ris;          ///< transmit bit only: receive is computed from the ring
  u32 plain[6];     ///< IBRD, FBRD, LCR_H, CR, IFLS, IMSC, as they lie at 0x024 to 0x038
};

struct alignas(kCacheLine) PartitionState {
  Command command;       ///< exclusive word
  u32 sent;              ///< direct: who has sent the interrupts of `command`; bit n: vCPU n's core, bit 31: the orderer; exclusive word
  u32 parked;            ///< bit n: vCPU n has stopped for `command`; exclusive word
  PartitionMode mode;
  StartReason start_reason;
  StartReason next_reason;
  u32 restarts;
  u32 window_restarts;   ///< restarts since window_start, for health.restarts
  u32 logged;            ///< health events printed in this incarnation
  u32 gicd_enabled;      ///< guest's GICD_CTLR enable
  u64 window_start;      ///< counter value
  CauseRecord cause;     ///< of the last command
  u64 watchdog_kicked;   ///< counter value of the last kick or start, written by the partition's cores
  VirtualPl011 pl011;
  u32 was_ready;         ///< 1: `ready` was called since power-on
  u32 waiting;           ///< 1: not started yet, others have to be ready first
  u32 log_head;          ///< records written since power-on; taken with an exclusive
  LogRecord log[kLogRecords];  ///< survives restarts

  // Written by the supervisor core alone.
  alignas(kCacheLine) u64 watchdog_seen;  ///< counter value at which the watchdog last fired
  u32 start_timed_out;                    ///< 1: the start event came
};

inline constexpr u32 kConsoleTransmitSlots = 1024;
inline constexpr u32 kConsoleReceiveBytes = 256;

/// Console of a partition. Transmit: the partition's cores reserve slots with an exclusive on `head`, fill them with
/// 0x100 | byte, the supervisor core takes filled slots in order and zeroes them. Receive: the supervisor writes, the
/// partition's cores take with an exclusive on `receive_tail`.
struct alignas(kCacheLine) ConsoleRings {
  u32 transmit_head;
  u32 lost;                                  ///< bytes that found the ring full
  u32 receive_tail;
  alignas(kCacheLine) u32 transmit_tail;     ///< supervisor core only
  u32 receive_head;                          ///< supervisor core only
  u32 lost_reported;                         ///< supervisor core only
  alignas(kCacheLine) u16 transmit[kConsoleTransmitSlots];
  u8 receive[kConsoleReceiveBytes];
};

/// One thing worth a line on the console; written by one core, read by the supervisor core.
enum class NoticeKind : u32 { kNone, kBanner, kHalted, kRestarted, kLogged, kAllHalted };
struct Notice {
  NoticeKind kind;
  u32 partition;
  u32 number;          ///< restart count
  u32 warm;            ///< 1: a warm restart
  CauseRecord cause;
};

inline constexpr u32 kNoticeSlots = 8;

/// Who wants to be called when: each has one deadline a core, the core's timer is set to the earliest.
enum class DeadlineUser : u32 { kScheduler, kSupervisor, kCount };
inline constexpr u32 kDeadlineUsers = static_cast<u32>(DeadlineUser::kCount);

struct alignas(kCacheLine) Core {
  u32 index;
  u32 notice_head;                 ///< written by this core
  u32 notices_lost;
  u32 online;                      ///< set by the core when it is ready
  const CoreConfig* config;
  u64 deadlines[kDeadlineUsers];   ///< counter values, written by this core
  Notice notices[kNoticeSlots];
  alignas(kCacheLine) u32 notice_tail;  ///< written by the supervisor core
};

static_assert(offsetof(ConfigHeader, stage1_ttbr) == BULKHEAD_CONFIG_STAGE1_TTBR);
static_assert(offsetof(ConfigHeader, state_base) == BULKHEAD_CONFIG_STATE_BASE);
static_assert(offsetof(ConfigHeader, state_size) == BULKHEAD_CONFIG_STATE_SIZE);
static_assert(offsetof(ConfigHeader, cores) == BULKHEAD_CONFIG_CORES);
static_assert(offsetof(ConfigHeader, core_count) == BULKHEAD_CONFIG_CORE_COUNT);
static_assert(sizeof(CoreConfig) == BULKHEAD_CORE_CONFIG_SIZE);
static_assert(offsetof(CoreConfig, mpidr) == BULKHEAD_CORE_CONFIG_MPIDR);
static_assert(offsetof(CoreConfig, stack_top) == BULKHEAD_CORE_CONFIG_STACK_TOP);

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_PARTITION_STATE_HPP_
