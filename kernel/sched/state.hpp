// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1200
// What a shared core has: its tables, the registers of vCPUs that are not on it now, and where its scheduler stands.
#ifndef BULKHEAD_KERNEL_SCHED_STATE_HPP_
#define BULKHEAD_KERNEL_SCHED_STATE_HPP_

#include "partition/state.hpp"

namespace bulkhead {

struct WindowTicks;
struct ScheduleTicks;
struct SharedCore;

inline constexpr u32 kMaxCoreVcpus = 16;     ///< vCPUs of one shared core
inline constexpr u32 kMaxWindows = 64;       ///< of one core in one major frame

// ---- constant tables, beside those of config/schema.hpp ---------------------------------------------------------------
/// One window of a major frame on one core.
struct Window {
  u64 start_ns;    ///< from the start of the frame
  u64 length_ns;
  Vcpu* vcpu;
  WindowTicks* ticks;
};

/// The windows of one core, by start; none overlap.
struct CoreWindows {
  const Window* windows;
  u64 count;
};

/// A start action of a schedule (`on_switch`).
struct StartAction {
  u32 partition;   ///< index
  u32 warm;        ///< 1 warm, 0 cold
};

struct Schedule {
  u64 id;                     ///< of the ABI
  u64 major_frame_ns;
  const CoreWindows* cores;   ///< core_count entries
  const StartAction* starts;
  u64 start_count;
  ScheduleTicks* ticks;
};

/// A vCPU's share of an rtds core.
struct Server {
  Vcpu* vcpu;
  u64 period_ns;
  u64 budget_ns;
  u64 extratime;   ///< 1: runs on at a lower level when the budget is spent
};

/// A core with several vCPUs.
struct SharedCoreConfig {
  SharedCore* state;
  const u32* vcpus;        ///< vcpu_count indices into ConfigHeader::vcpus
  const Server* servers;   ///< rtds: vcpu_count entries, in the order of declaration; else null
  u32 vcpu_count;
  u32 windows;             ///< 1: arinc653, 0: rtds
};

// ---- what the kernel writes ---------------------------------------------------------------------------------------------
/// Why a vCPU that is on does not run.
enum class Waiting : u32 {
  kNo,
  kForInterrupt,  ///< WFI on an rtds core
  kForWindow      ///< `window_wait`: until the next window, or the next refill of the budget
};

/// Registers of a vCPU on a shared core while another one is resident (x0-x30 are in Vcpu).
struct alignas(kCacheLine) VcpuContext {
  u64 simd[64];   ///< v0-v31, kept here while the core's SIMD registers are another vCPU's
  u64 fpsr;
  u64 fpcr;
  u64 elr_el2;
  u64 spsr_el2;
  u64 sctlr_el1;
  u64 cpacr_el1;
  u64 tcr_el1;
  u64 mair_el1;
  u64 ttbr0_el1;
  u64 ttbr1_el1;
  u64 vbar_el1;
  u64 esr_el1;
  u64 far_el1;
  u64 elr_el1;
  u64 spsr_el1;
  u64 sp_el1;
  u64 sp_el0;
  u64 contextidr_el1;
  u64 tpidr_el1;
  u64 tpidr_el0;
  u64 tpidrro_el0;
  u64 par_el1;
  u64 csselr_el1;
  u64 cntkctl_el1;
  u64 wake;       ///< Reach::wake while it is resident
  u64 cntv_ctl_el0;
  u64 cntv_cval_el0;
  u64 vmcr;                      ///< virtual CPU interface as the guest programmed it
  u64 apr;                       ///< active priorities
  u64 interface_control;         ///< GICH_HCR or ICH_HCR_EL2
  u64 lr[kMaxListRegisters];     ///< those of Vcpu::lr_used
  u32 ppi_enabled;               ///< enable and active bits of the PPIs the partition owns
  u32 ppi_active;
  u32 spi_held;                  ///< 1: an SPI of the partition came while it was away; it waits, disabled
  Waiting waiting;
  u32 messages_seen;             ///< SharedCore::messages when the vCPU was last looked after
};

/// Where an arinc653 core stands in time. All such cores step through the same frames: they start from one counter value
/// and adopt each change of schedule at the frame whose number the change names.
struct FramePosition {
  u64 frame_start;   ///< counter value at which the present major frame began
  u64 ordinal;       ///< its number, from 0
  u64 last_switch;   ///< counter value of the last change of schedule, 0: none yet
  u32 schedule;      ///< index into ConfigHeader::schedules
  u32 adopted;       ///< entries of ScheduleChanges that this core has acted upon
};

inline constexpr u32 kChangeSlots = 8;

/// Changes of schedule, in order. Written under `claim`, read by every arinc653 core at its frame boundaries.
struct alignas(kCacheLine) ScheduleChanges {
  u32 claim;                   ///< 1: a core writes; others answer BUSY instead of waiting
  u32 count;
  u64 epoch;                   ///< counter value of the start of frame 0; 0: not yet known
  u64 changes[kChangeSlots];   ///< frame ordinal << 8 | schedule index
};

/// Times of the configuration in ticks of the counter, worked out once by the boot core.
struct WindowTicks {
  u64 start;
  u64 end;
};
struct ScheduleTicks {
  u64 frame;
};

/// A budget of an rtds core.
struct ServerState {
  u64 deadline;   ///< counter value: end of the period; 0 before the first
  u64 left;       ///< ticks of budget
  u64 level;      ///< 0; +1 with each budget spent by `extratime` in this period
};

inline constexpr u32 kNoServer = 0xFFFF'FFFF;

struct alignas(kCacheLine) SharedCore {
  Vcpu* resident;       ///< whose EL1 state the core holds, or null
  Vcpu* simd_owner;     ///< whose SIMD registers it holds, or null
  u32 due;              ///< 1: choose anew before a guest goes on
  u32 window;           ///< arinc653: index of the window that is, or comes next
  u32 sequence;         ///< arinc653: odd while `position` is written
  u32 messages;         ///< kernel SGIs that came: each may be for a vCPU that is away
  u32 reserved;
  u32 running;          ///< rtds: index of the server that is charged, or kNoServer
  Vcpu* in_window;      ///< arinc653: whose window it is, or null
  u64 charged;          ///< rtds: counter value up to which the running server has paid
  FramePosition position;
  ServerState servers[kMaxCoreVcpus];
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_SCHED_STATE_HPP_
