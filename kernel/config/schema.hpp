// SPDX-License-Identifier: Apache-2.0
// implements: LLR-341, LLR-342, LLR-344
// The constant tables of a system: types written by hand, values by the generator. One `ConfigHeader` stands at the
// first page after the kernel; kernel code reaches every other table and all state through its pointers, so the
// kernel's text depends on none of the values. Every pointer is a kernel virtual address, which equals the physical one.
#ifndef BULKHEAD_KERNEL_CONFIG_SCHEMA_HPP_
#define BULKHEAD_KERNEL_CONFIG_SCHEMA_HPP_

#include "base/types.hpp"

namespace bulkhead {

struct Vcpu;
struct Core;
struct PartitionState;
struct ConsoleRings;
struct TraceHead;
struct TraceRecord;
struct VcpuContext;
struct SharedCoreConfig;
struct Schedule;
struct ScheduleChanges;
struct Doorbell;
struct DoorbellSource;

inline constexpr u32 kConfigMagic = 0x444B4842;  ///< "BHKD", little-endian
inline constexpr u32 kConfigFormat = 1;          ///< layout of the structures in this file

// Capacities: the constant bounds of every loop on a trap path.
inline constexpr u32 kMaxCores = 8;
inline constexpr u32 kMaxPartitions = 64;
inline constexpr u32 kMaxVcpusPerPartition = 8;
inline constexpr u32 kMaxIrqWords = 32;      ///< INTIDs 0..1023, one bit each
inline constexpr u32 kMaxCounterRates = 4;
inline constexpr u32 kMaxSchedules = 16;     ///< an action names one in four bits
inline constexpr u32 kMaxLoadSpans = 16;
inline constexpr u32 kNameBytes = 32;        ///< names are at most 31 characters
inline constexpr u32 kNoCore = 0xFFFF'FFFF;
inline constexpr u32 kNoPartition = 0xFFFF'FFFF;
inline constexpr u8 kNoRow = 0xFF;

/// What the health monitor can be told of (system-yaml.md, Health).
enum class HealthEvent : u8 {
  kMemory, kIllegalRequest, kUndefined, kWatchdog, kApplication, kInterrupt, kSerror, kStart, kSchedule, kDeadline,
  kCount
};

/// What it can do about it. In a table the upper four bits are the schedule of kSwitchSchedule.
enum class HealthAction : u8 { kIgnore, kLog, kNotify, kWarmRestart, kColdRestart, kHalt, kResetBoard, kSwitchSchedule };

/// What the hypervisor does when it cannot go on itself (hypervisor.health).
enum class ModuleAction : u32 { kHalt, kResetBoard };

/// Partition operating modes as the ABI's `status` reports them.
enum class PartitionMode : u32 { kHalted = 0, kColdStart = 1, kWarmStart = 2, kNormal = 3 };

/// Why the present incarnation was started (ABI `status`, x2).
enum class StartReason : u32 { kPowerOn = 0, kResetCall = 1, kWarmByHealth = 2, kColdByHealth = 3, kControl = 4 };

inline constexpr u32 kHealthStates = 3;  ///< cold start, warm start, normal
inline constexpr u32 kHealthEvents = static_cast<u32>(HealthEvent::kCount);

/// One interrupt that the boot core sets up in the distributor: who owns it and where it goes.
struct IrqRoute {
  u16 id;          ///< INTID, 32..1019
  u8 core;         ///< index of the physical core that takes it
  u8 edge;         ///< 1 edge-triggered, 0 level-sensitive (GICD_ICFGR)
  u32 partition;   ///< row of its owner, or kNoPartition for the kernel's own
};

/// Memory to fill at (re)start: `source` null means zeros. Addresses are valid in the partition's load table only.
struct LoadSpan {
  u64 destination;  ///< kernel VA (= PA) in the load table
  u64 source;       ///< kernel VA of the pristine bytes, or 0: clear
  u64 size;         ///< bytes, multiple of 64; destination is 64-byte aligned
  u32 checksum;     ///< CRC-32 over what is copied
  u32 reserved;
};

struct PartitionConfig {
  char name[kNameBytes];
  PartitionId id;              ///< what guests and the console call it
  u16 row;                     ///< where it stands in ConfigHeader::partitions, and its bit in masks of partitions
  u32 vcpu_count;
  Vcpu* vcpus;                 ///< vcpu_count records, in vCPU order
  PartitionState* state;
  ConsoleRings* console;       ///< null: no virtual console
  u64 vttbr;                   ///< VTTBR_EL2: stage-2 root and VMID
  u64 load_ttbr;               ///< TTBR0_EL2 while this partition is loaded
  Ipa entry;
  Ipa device_tree;             ///< handed over in x0, or 0
  Ipa ram_base;                ///< first byte; PSCI CPU_ON entries must lie in a region of RAM
  u64 ram_size;
  const LoadSpan* first_load;  ///< power-on: what is not in place already
  const LoadSpan* reload;      ///< cold restart
  const LoadSpan* warm_load;   ///< warm restart: all but regions with `preserve: warm`
  u32 first_load_count;
  u32 reload_count;
  u32 warm_load_count;
  u32 cold_refused;            ///< 1: a device cannot be stopped (`quiesce: impossible`), so no cold restart
  const u64* stage2_root;      ///< pristine root of a `direct` partition's gate (RO), else null
  u64* gate;                   ///< the writable root of a `direct` partition, else null
  u32 gate_entries;
  u8 direct;                   ///< 1: interrupts: direct
  u8 restartable;              ///< 1: a pristine payload is at hand
  u8 autostart;                ///< 1: start: {state: running}
  u8 has_watchdog;
  u8 core_of_vcpu[kMaxVcpusPerPartition];  ///< physical core of each vCPU, where the SGI path finds it
  Ipa gicd_base;               ///< the emulated distributor
  Ipa gicr_base;               ///< the first emulated redistributor (GICv3), else 0
  Ipa pl011_base;              ///< the virtual PL011, or 0
  u32 pl011_irq;               ///< its INTID
  u32 owned_ppis;              ///< word 0 of irq_owned, where the interrupt path finds it
  const u32* irq_owned;        ///< irq_words words: the physical PPIs (word 0) and SPIs of this partition
  const u32* irq_virtual;      ///< irq_words words: SPIs that exist only for this guest (console, doorbells)
  u32* irq_enabled;            ///< irq_words words: enable bits of irq_virtual, state
  u8* irq_priority;            ///< one byte an INTID from 32 on, state
  u8* irq_target;              ///< one byte an INTID from 32 on: GICv2 vCPU mask / GICv3 vCPU index, state
  const Doorbell* doorbells;   ///< by slot, what `notify` rings
  const DoorbellSource* doorbell_sources;
  u32 doorbell_slots;          ///< slots from here on have no entry
  u32 doorbell_source_count;
  u64 functions;               ///< bit n: ABI function 0xC6000000 + n is available
  u64 channel_ends;            ///< bit n: has an end of the channel in slot n, with a doorbell or without
  u64 may_control;             ///< bit n: holds `control` over the partition with id n
  u32 restart_max;             ///< health.restarts.max; 0: no limit (`max: 0` makes it not restartable)
  u32 restart_then_reset;      ///< 1: reset-board on escalation, 0: halt
  u64 restart_within_ns;
  u64 watchdog_ns;             ///< longest time between two kicks, or 0
  const Doorbell* monitor;     ///< what `notify` rings, or null
  u64 start_after;             ///< bit n: the partition in row n has to be ready first
  u64 start_timeout_ns;        ///< longest wait for them, or 0
  u64 waited_for_by;           ///< bit n: the partition in row n waits for this one
  u32 own_console;             ///< 1: assigned UART, nothing for the kernel to print
  u64 may_schedule;            ///< bit n: may ask for the schedule at index n
  u8 shared;                   ///< 1: a vCPU of it lives on a shared core
  u8 overrun_event;            ///< 1: `overrun: event`
  u32 owned_words;             ///< bit n: irq_owned[n] is not zero, words from 1 on
  u8 actions[kHealthEvents][kHealthStates];  ///< HealthAction, and a schedule
};

struct VcpuConfig {
  const PartitionConfig* partition;
  u32 index;              ///< within the partition; guest's MPIDR Aff0
  u32 core;               ///< physical core index
  VcpuContext* context;   ///< registers while another vCPU has the core; null on a null core
};

/// Where a core's event ring lies.
struct TraceConfig {
  TraceHead* head;
  TraceRecord* records;
  u64 mask;            ///< records - 1, a power of two less one
};

struct CoreConfig {
  u64 mpidr;        ///< affinity fields as PSCI CPU_ON takes them
  Core* core;       ///< state record
  u8* stack_top;    ///< one past the end of the core's kernel stack, 16-byte aligned
  Vcpu* vcpu;       ///< the vCPU of a null core, or null
  u32 used;         ///< 0: left off
  u32 vcpu_index;   ///< of `vcpu` in ConfigHeader::vcpus
  const SharedCoreConfig* shared;  ///< null: a null core
  const TraceConfig* trace;        ///< null: no event ring
};

/// Fixed figures of the counter: rates the board may report (CNTFRQ_EL0) with their tolerance.
struct CounterRate {
  u64 hz;
  u64 tolerance_hz;
};

struct ConfigHeader {
  u32 magic;                   ///< kConfigMagic
  u32 format;                  ///< kConfigFormat
  u32 length;                  ///< bytes of the configuration segment, header included
  u32 checksum;                ///< CRC-32 over the segment from byte 48 on, for the check at run time
  u8 sha256[32];               ///< over the segment from the byte after this field; its first 8 bytes are the configuration id
  u64 kernel_hash;             ///< first 8 bytes of SHA-256 over the kernel's segments without .head, big-endian
  u64 kernel_base;             ///< link address, for the load-address check
  u64 stage1_ttbr;             ///< TTBR0_EL2 of the kernel: maps no partition memory
  u64 state_base;              ///< RW state to invalidate and clear at boot
  u64 state_size;
  const char* banner_tail;     ///< text after the hashes in the banner: "board zcu102 ..."
  const PartitionConfig* partitions;
  const VcpuConfig* vcpus;     ///< all vCPUs, partition by partition
  const CoreConfig* cores;
  const IrqRoute* irq_routes;
  u32 partition_count;
  u32 vcpu_count;
  u32 core_count;
  u32 irq_route_count;
  u32 irq_words;               ///< INTIDs / 32 that the vGIC shows
  u32 supervisor;              ///< core index that drives the console and revocations
  u32 input_partition;         ///< row of the one whose console the keyboard goes to at first, or kNoPartition
  u32 uart_baud;
  u64 uart_clock_hz;
  u64 counter_override_hz;     ///< board.counter, or 0
  u32 counter_rate_count;
  u32 channel_count;           ///< slots of the ABI run from 0 to channel_count - 1
  ModuleAction panic;          ///< after an epitaph
  ModuleAction serror;         ///< after the epitaph of a system error that no partition owns
  u64 integrity_ns;            ///< time of one pass over the tables, or 0
  CounterRate counter_rates[kMaxCounterRates];
  const Schedule* schedules;   ///< by id; null: none
  ScheduleChanges* schedule_changes;
  u32 schedule_count;
  u32 initial_schedule;        ///< index
  u32 schedule_core;           ///< the lowest arinc653 core
  u32 reserved;
  u8 row_of_id[kMaxPartitions];  ///< by partition id, which may leave gaps; kNoRow: nobody's
};


/// First eight bytes of the digest, as the banner prints them and `features` returns them.
inline u64 configuration_id(const ConfigHeader& config) {
  u64 id;
  __builtin_memcpy(&id, config.sha256, sizeof(id));  // becomes one load: the digest stands at a multiple of 8
  return __builtin_bswap64(id);
}

static_assert(offsetof(ConfigHeader, checksum) == 12, "build stores the checksum at byte 12");
static_assert(offsetof(ConfigHeader, sha256) == 16, "build stores the digest at byte 16");
static_assert(offsetof(ConfigHeader, kernel_hash) == 48, "digest covers all from byte 48 on");
static_assert(offsetof(ConfigHeader, partitions) == 96 && offsetof(PartitionConfig, vttbr) == 64, "verify/disassembly reads them");
static_assert(sizeof(IrqRoute) == 8, "fixed layout");

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_CONFIG_SCHEMA_HPP_
