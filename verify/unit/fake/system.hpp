// SPDX-License-Identifier: Apache-2.0
// A system of three partitions on four cores, and a guest's acts as function calls: each goes through the entry point
// that assembly would call.
//   alpha: vCPUs on cores 0 and 1, SPI 40, console (PL011 interrupt 50), doorbell 51, restartable
//   beta:  core 2, SPI 41, console (50), rings slot 0, monitored by alpha (interrupt 52)
//   gamma: core 3, no console, controls alpha and beta, nothing can restart it
// Core 0 is the supervisor.
#ifndef BULKHEAD_VERIFY_UNIT_FAKE_SYSTEM_HPP_
#define BULKHEAD_VERIFY_UNIT_FAKE_SYSTEM_HPP_

#include <string>

#include "config/schema.hpp"
#include "machine.hpp"
#include "partition/state.hpp"
#include "trace/ring.hpp"
#include "sched/state.hpp"
#include "sched/bandwidth_state.hpp"

extern "C" {
bulkhead::Vcpu* bulkhead_on_hvc(bulkhead::Vcpu* vcpu, bulkhead::u64 esr);
bulkhead::Vcpu* bulkhead_on_data_abort(bulkhead::Vcpu* vcpu, bulkhead::u64 esr);
bulkhead::Vcpu* bulkhead_on_system_register(bulkhead::Vcpu* vcpu, bulkhead::u64 esr, bulkhead::u64 rt);
bulkhead::Vcpu* bulkhead_on_wait(bulkhead::Vcpu* vcpu, bulkhead::u64 esr);
bulkhead::Vcpu* bulkhead_on_irq(bulkhead::Vcpu* vcpu);
bulkhead::Vcpu* bulkhead_on_synchronous(bulkhead::Vcpu* vcpu, bulkhead::u64 esr);
bulkhead::Vcpu* bulkhead_on_wait(bulkhead::Vcpu* vcpu, bulkhead::u64 esr);
bulkhead::Vcpu* bulkhead_on_serror(bulkhead::Vcpu* vcpu, bulkhead::u64 esr);
[[noreturn]] void bulkhead_boot_core(bulkhead::u32 index, bulkhead::u64 entered);
[[noreturn]] void bulkhead_secondary_core(bulkhead::u32 index);
[[noreturn]] void bulkhead_kernel_fault();
[[noreturn]] void bulkhead_early_epitaph(bulkhead::u32 id);
}

namespace fake {

inline constexpr u64 kGicd = 0x0800'0000;
inline constexpr u64 kGicr = 0x080A'0000;
inline constexpr u64 kPl011 = 0x0900'0000;
inline constexpr u64 kRam = 0x4000'0000;
inline constexpr u64 kRamSize = 0x2000;
inline constexpr u32 kConsoleIrq = 50;
inline constexpr u32 kDoorbellIrq = 51;
inline constexpr u32 kHealthIrq = 52;
inline constexpr u32 kAlpha = 0;
inline constexpr u32 kBeta = 1;
inline constexpr u32 kGamma = 2;
/// The partition ids leave gaps, so that no test takes one for a row.
constexpr u32 id_of(u32 row) { return 3 * row + 4; }

// Results of calls, as guests see them.
inline constexpr u64 kNotSupported = ~u64{0};
inline constexpr u64 kInvalid = ~u64{1};
inline constexpr u64 kDenied = ~u64{2};
inline constexpr u64 kBusy = ~u64{3};
inline constexpr u64 kOnPending = ~u64{4};
inline constexpr u64 kInvalidAddress = ~u64{8};

/// The kernel went to a guest with all registers, from its own stack.
struct Entered {
  bulkhead::Vcpu* vcpu;
};

/// Clears machine and state and boots: alpha's, beta's and gamma's first vCPUs run afterwards.
void boot();
/// The same tables without the boot, for tests of the boot itself.
void power_on_state();
/// After power_on_state: beta and gamma share core 2, core 3 stays off. `windows`: arinc653, else rtds.
///   schedule 0 (id 0): 20 ms, beta 0-8 ms, gamma 8-16 ms    schedule 1 (id 5): 10 ms, gamma 2-6 ms
///   budgets: beta 4 ms in 10 ms, gamma 3 ms in 10 ms
void share_core(bool windows);
/// After share_core(true): alpha's second vCPU has beta's windows, beta has core 1 for itself.
void share_second_vcpu();
bulkhead::SharedCore& shared_core();
bulkhead::VcpuContext& context(u32 partition_index);
bulkhead::Server& server(u32 partition_index);
bulkhead::ScheduleChanges& schedule_log();
void add_start_action(u32 schedule, u32 partition_index);
/// Of a vCPU; none has a budget by itself. Set before the boot.
bulkhead::BudgetConfig& budget(u32 partition_index, u32 index = 0);
/// Of a core's event counter; kCounterIrq by itself.
u32& counter_irq(u32 core);
/// Between power_on_state and the boot.
void set_board_watchdog(u32 control, u64 time_ns, bool required);
/// 1: a core is at the registers of reset lines.
u32& reset_claim();
/// 1: the kernel checks that the cores count what the budgets name.
void require_counters();
inline constexpr u32 kCounterIrq = 23;
/// The shared core's timer fires at counter value `now`; who runs afterwards, or null.
bulkhead::Vcpu* tick(u64 now);

/// Runs the boot core until it sleeps or enters a guest.
void run_boot_core();

bulkhead::ConfigHeader& header();
inline constexpr u32 kTraceRecords = 16;
bulkhead::TraceHead& trace_head(u32 core);
const bulkhead::TraceRecord& trace_record(u32 core, u64 number);
bulkhead::PartitionConfig& partition(u32 index);
bulkhead::Vcpu& vcpu(u32 partition_index, u32 index = 0);
u8* memory(u32 partition_index);
u8* pristine(u32 partition_index);

/// What became of a guest's act: it goes on, or its core turned to something else.
enum class Outcome { kGoesOn, kSlept, kEntered };

/// HVC (or SMC) with x0..x3; results are in the record afterwards.
Outcome call(bulkhead::Vcpu& who, u64 x0, u64 x1 = 0, u64 x2 = 0, u64 x3 = 0, bool smc = false, u32 immediate = 0);

struct Access {
  u32 size{4};
  bool sign_extend{false};
  bool wide{true};
  u32 reg{5};
  bool syndrome{true};
  u32 fault{0x07};     ///< translation fault, level 3
};
Outcome store(bulkhead::Vcpu& who, u64 ipa, u64 value, Access access = {});
Outcome load(bulkhead::Vcpu& who, u64 ipa, Access access = {});
/// Load of `size` bytes that must go on; gives the register.
u64 value_at(bulkhead::Vcpu& who, u64 ipa, u32 size = 4);

/// Trapped MSR or MRS of x5.
Outcome system_register(bulkhead::Vcpu& who, u32 op0, u32 op1, u32 crn, u32 crm, u32 op2, bool read, u64 value = 0);
/// A trap of exception class `ec`.
Outcome trap(bulkhead::Vcpu& who, u32 ec, u32 iss = 0);

/// The CPU interface of the core of `who` hands out `id`.
Outcome interrupt(bulkhead::Vcpu& who, u32 id);
/// The loop of a core whose vCPU does not run, entered anew.
bulkhead::Vcpu* idle(bulkhead::Core& core);
/// The timer of the supervisor core reaches `when`: its interrupt comes if a deadline has.
void time_passes(u64 when);
/// Every SGI the kernel sent is taken on its core, until none is left.
void deliver_sgis();

/// List register that holds virtual interrupt `id`, or -1.
int list_of(u32 id);
bool list_pending(int n);
bool list_active(int n);
bool list_hardware(int n);
u32 list_priority(int n);
/// The guest takes and ends the interrupt in list register `n`.
void guest_acknowledges(int n);
void guest_ends(int n);

template <class Act>
Outcome outcome_of(Act act) {
  try {
    act();
    return Outcome::kGoesOn;
  } catch (const Slept&) {
    return Outcome::kSlept;
  } catch (const Entered&) {
    return Outcome::kEntered;
  }
}

}  // namespace fake

#endif  // BULKHEAD_VERIFY_UNIT_FAKE_SYSTEM_HPP_
