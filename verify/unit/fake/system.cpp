// SPDX-License-Identifier: Apache-2.0
// Tables and state of the test system. The header is defined without `const` here, so that boot tests can spoil it.
#include "system.hpp"

#include <cstring>
#include <functional>

#include "main/kernel.hpp"
#include "features.hpp"

using namespace bulkhead;

extern "C" {
FeatureSet::Header bulkhead_config{};
extern Epitaph bulkhead_epitaph;
extern KernelState bulkhead_kernel_state;
void bulkhead_secondary_entry() {}
[[noreturn]] void bulkhead_enter_guest(Vcpu* vcpu) { throw fake::Entered{vcpu}; }
[[noreturn]] void bulkhead_resume_whole(Vcpu* vcpu) { throw fake::Entered{vcpu}; }
}

namespace fake {
namespace {

constexpr u32 kPartitions = 3;
constexpr u32 kVcpus = 4;

PartitionConfig partitions[kPartitions];
PartitionState states[kPartitions];
VcpuConfig vcpu_configs[kVcpus];
Vcpu vcpus[kVcpus];
CoreConfig core_configs[kCores];
TraceConfig traces[kCores];
TraceHead trace_heads[kCores];
TraceRecord trace_records[kCores][kTraceRecords];
Core cores[kCores];
ConsoleRings rings[2];
u32 owned[kPartitions][kIrqWords];
u32 virtual_only[kPartitions][kIrqWords];
u32 enabled[kPartitions][kIrqWords];
u8 priorities[kPartitions][kIrqWords * 32];
u8 targets[kPartitions][kIrqWords * 32];
alignas(4096) u8 stacks[kCores][4096];
alignas(4096) u8 ram[kPartitions][kRamSize];
alignas(4096) u8 payload[kPartitions][kRamSize / 2];
LoadSpan loads[kPartitions][2];
LoadSpan warm_loads[kPartitions][1];
IrqRoute routes[3];
ScheduleChanges schedule_changes;
VcpuContext contexts[2];
SharedCore shared_state;
SharedCoreConfig shared_config;
u32 shared_vcpus[2] = {2, 3};
Server servers[2];
WindowTicks window_ticks[3];
ScheduleTicks schedule_ticks[2];
Window windows[3];
CoreWindows core_windows[2][kCores];
Schedule schedules[2];
StartAction starts[2];
BoardWatchdogState board_watchdog;
ResetConfig reset_configs[3];
ResetClaim reset_lines_claim;
BudgetConfig budgets[kVcpus];
BudgetState budget_states[kVcpus];
u32 counter_irqs[kCores];
DoorbellState doorbell_states[2];
Doorbell doorbells[2];
Doorbell monitor_bell;
DoorbellSource doorbell_sources[2];

const char* const kNames[kPartitions] = {"alpha", "beta", "gamma"};
constexpr u32 kCounts[kPartitions] = {2, 1, 1};
constexpr u32 kFirstCore[kPartitions] = {0, 2, 3};

template <class T>
u64 address_of(T* pointer) {
  return reinterpret_cast<u64>(pointer);
}

void set_up_partition(u32 i, u32 first_vcpu) {
  PartitionConfig& p = partitions[i];
  std::strcpy(p.name, kNames[i]);
  p.id = bulkhead::PartitionId{static_cast<u16>(id_of(i))};
  p.row = static_cast<u16>(i);
  p.vcpu_count = kCounts[i];
  p.vcpus = &vcpus[first_vcpu];
  p.state = &states[i];
  p.console = i < 2 ? &rings[i] : nullptr;
  p.vttbr = 0x100 + i;
  p.load_ttbr = 0x1000 + i;
  p.entry = Ipa{kRam + 0x80};
  p.device_tree = Ipa{kRam + 0x1000};
  p.ram_base = Ipa{kRam};
  p.ram_size = kRamSize;
  loads[i][0] = {address_of(ram[i]), address_of(payload[i]), kRamSize / 2, 0, 0};
  loads[i][1] = {address_of(ram[i]) + kRamSize / 2, 0, kRamSize / 2, 0, 0};
  p.first_load = loads[i];
  p.first_load_count = 2;
  p.reload = loads[i];
  p.reload_count = 2;
  warm_loads[i][0] = loads[i][0];
  p.warm_load = warm_loads[i];  // the upper half survives
  p.warm_load_count = 1;
  p.restartable = i == kGamma ? 0 : 1;
  p.autostart = 1;
  p.gicd_base = Ipa{kGicd};
  p.gicr_base = Ipa{kGicr};
  p.pl011_base = Ipa{i < 2 ? kPl011 : 0};
  p.pl011_irq = i < 2 ? kConsoleIrq : 0;
  owned[i][0] = u32{1} << 27;
  owned[i][1] = i < 2 ? u32{1} << (8 + i) : 0;
  virtual_only[i][1] = i < 2 ? u32{7} << (kConsoleIrq - 32) : 0;
  p.owned_ppis = owned[i][0];
  p.irq_owned = owned[i];
  p.irq_virtual = virtual_only[i];
  p.irq_enabled = enabled[i];
  p.irq_priority = priorities[i];
  p.irq_target = targets[i];
  p.functions = 0x1 | (1 << 1) | (1 << 3) | (1 << 4) | (1 << 6) | (i == kBeta ? (1 << 5) | (1 << 10) : 0) | (i < 2 ? (1 << 9) | (1 << 11) : 0) | (1 << 12) | (1 << 13);
  p.may_control = i == kGamma ? (u64{1} << id_of(kAlpha)) | (u64{1} << id_of(kBeta)) : 0;
  p.restart_max = 2;
  p.restart_within_ns = 1'000'000'000;
  for (auto& event : p.actions) {
    for (u8& action : event) {
      action = static_cast<u8>(HealthAction::kLog);
    }
  }
  for (u8& action : p.actions[static_cast<u32>(HealthEvent::kMemory)]) {
    action = static_cast<u8>(HealthAction::kHalt);
  }
  for (u8& action : p.actions[static_cast<u32>(HealthEvent::kUndefined)]) {
    action = static_cast<u8>(HealthAction::kHalt);
  }
  for (u32 v = 0; v < kCounts[i]; ++v) {
    const u32 core = kFirstCore[i] + v;
    p.core_of_vcpu[v] = static_cast<u8>(core);
    vcpu_configs[first_vcpu + v] = {&p, v, core, nullptr};
    core_configs[core] = {core, &cores[core], stacks[core] + 4096, &vcpus[first_vcpu + v], 1, first_vcpu + v, nullptr, &traces[core]};
    traces[core] = {&trace_heads[core], trace_records[core], kTraceRecords - 1};
  }
}

template <class T, usize N>
void clear(T (&array)[N]) {
  std::memset(static_cast<void*>(array), 0, sizeof(array));
}

u64 abort_syndrome(bool write, const Access& access) {
  const u32 log2 = access.size == 8 ? 3 : access.size == 4 ? 2 : access.size == 2 ? 1 : 0;
  return (u64{0x24} << 26) | (u64{1} << 25) | (u64{access.syndrome} << 24) | (u64{log2} << 22) |
         (u64{access.sign_extend} << 21) | (u64{access.reg} << 16) | (u64{access.wide} << 15) | (u64{write} << 6) |
         access.fault;
}

Outcome data_abort(Vcpu& who, u64 ipa, bool write, const Access& access) {
  machine.core = who.config->core;
  register_of<HpfarEl2>() = (ipa >> 12) << 4;
  register_of<FarEl2>() = ipa;
  const u64 esr = abort_syndrome(write, access);
  // vectors.S takes the short way when the register is among those every trap saves.
  const bool fast = access.syndrome && access.reg < 18;
  return outcome_of([&] { fast ? bulkhead_on_data_abort(&who, esr) : bulkhead_on_synchronous(&who, esr); });
}

}  // namespace

void start_secondary(u32 core) {
  const u32 caller = machine.core;
  machine.core = core;
  (void)outcome_of([&] { bulkhead_secondary_core(core); });
  machine.core = caller;
}

TraceHead& trace_head(u32 core) { return trace_heads[core]; }
const TraceRecord& trace_record(u32 core, u64 number) { return trace_records[core][number % kTraceRecords]; }
ConfigHeader& header() { return bulkhead_config; }
PartitionConfig& partition(u32 index) { return partitions[index]; }
Vcpu& vcpu(u32 partition_index, u32 index) { return partitions[partition_index].vcpus[index]; }
u8* memory(u32 partition_index) { return ram[partition_index]; }
u8* pristine(u32 partition_index) { return payload[partition_index]; }

void power_on_state() {
  machine = Machine{};
  clear(partitions);
  clear(states);
  clear(vcpus);
  clear(cores);
  clear(rings);
  clear(trace_heads);
  clear(enabled);
  clear(priorities);
  clear(targets);
  std::memset(static_cast<void*>(&bulkhead_epitaph), 0, sizeof(bulkhead_epitaph));
  std::memset(static_cast<void*>(&bulkhead_kernel_state), 0, sizeof(bulkhead_kernel_state));
  clear(doorbell_states);
  for (u32 i = 0, first = 0; i < kPartitions; first += kCounts[i], ++i) {
    set_up_partition(i, first);
    std::memset(payload[i], static_cast<int>(0xA0 + i), sizeof(payload[i]));
    u32 sum = ~u32{0};
    for (u64 at = 0; at < sizeof(payload[i]); at += 8) {
      sum = Io::crc32(sum, Io::load64(address_of(payload[i]) + at));
    }
    loads[i][0].checksum = warm_loads[i][0].checksum = ~sum;
    std::memset(ram[i], 0xEE, sizeof(ram[i]));
  }
  doorbells[0] = {&doorbell_states[0], 0, 0, DoorbellKind::kVirtual, 0};
  doorbells[1] = {nullptr, 0, 0, DoorbellKind::kSilent, 0};
  monitor_bell = {&doorbell_states[1], 0, 0, DoorbellKind::kVirtual, 0};
  doorbell_sources[0] = {&doorbell_states[0], kDoorbellIrq, {}};
  doorbell_sources[1] = {&doorbell_states[1], kHealthIrq, {}};
  partitions[kBeta].monitor = &monitor_bell;
  partitions[kBeta].doorbells = &doorbells[0];
  partitions[kBeta].doorbell_slots = 1;
  partitions[kAlpha].doorbells = &doorbells[1];
  partitions[kAlpha].doorbell_slots = 1;
  partitions[kAlpha].channel_ends = 1;
  partitions[kBeta].channel_ends = 1;
  partitions[kAlpha].doorbell_sources = doorbell_sources;
  partitions[kAlpha].doorbell_source_count = 2;
  routes[0] = {40, 0, 0, kAlpha};
  routes[1] = {41, 2, 1, kBeta};
  routes[2] = {33, 0, 0, kNoPartition};  // the UART

  clear(budget_states);
  for (u32& irq : counter_irqs) {
    irq = kCounterIrq;
  }
  for (u32 i = 0; i < kVcpus; ++i) {
    budgets[i] = {&budget_states[i], 0, 0, 0};
  }

  FeatureSet::Header& c = bulkhead_config;
  c = FeatureSet::Header{};
  // Alpha has lines in both registers, beta one in the first.
  reset_configs[0] = {kResets, 0x6, kAlpha};
  reset_configs[1] = {kResets + 4, 0x100, kAlpha};
  reset_configs[2] = {kResets, 0x8, kBeta};
  reset_lines_claim = ResetClaim{};
  c.resets = reset_configs;
  c.reset_count = 3;
  c.reset_claim = &reset_lines_claim;
  board_watchdog = BoardWatchdogState{};
  c.watchdog = &board_watchdog;
  c.watchdog_ns = ~u64{0};  // tests of it set a time of their own
  c.budgets = budgets;
  c.counter_irqs = counter_irqs;
  c.magic = kConfigMagic;
  c.format = kConfigFormat;
  for (u32 i = 0; i < 32; ++i) {
    c.sha256[i] = static_cast<u8>(i + 1);
  }
  c.kernel_hash = 0x1122334455667788;
  c.kernel_base = FeatureSet::kKernelBase;
  c.stage1_ttbr = 0x9000;
  c.banner_tail = "board test";
  c.partitions = partitions;
  c.vcpus = vcpu_configs;
  c.cores = core_configs;
  c.irq_routes = routes;
  c.partition_count = kPartitions;
  c.vcpu_count = kVcpus;
  c.core_count = kCores;
  c.irq_route_count = 3;
  c.irq_words = kIrqWords;
  c.supervisor = 0;
  schedule_changes = ScheduleChanges{};
  c.schedule_changes = &schedule_changes;
  c.input_partition = kAlpha;
  for (u8& row : c.row_of_id) {
    row = kNoRow;
  }
  for (u32 i = 0; i < kPartitions; ++i) {
    c.row_of_id[id_of(i)] = static_cast<u8>(i);
  }
  c.counter_rate_count = 1;
  c.channel_count = 2;
  c.counter_rates[0] = {62'500'000, 625'000};
  register_of<CntfrqEl0>() = 62'500'000;
  register_of<PmcrEl0>() = u64{6} << 11;
  register_of<IdAa64dfr0El1>() = u64{1} << 8;
  register_of<Pmceid0El0>() = u64{1} << 0x19;
  machine.architecture = FeatureSet::Gic::kVersion;
  register_of<IdAa64pfr0El1>() = u64{FeatureSet::Gic::kVersion == 3} << 24;
}

void share_core(bool arinc653) {
  constexpr u32 kCore = 2;
  std::memset(static_cast<void*>(contexts), 0, sizeof(contexts));
  std::memset(static_cast<void*>(&shared_state), 0, sizeof(shared_state));
  for (u32 i = 0; i < 2; ++i) {
    shared_vcpus[i] = 2 + i;
    VcpuConfig& vcpu_config = vcpu_configs[2 + i];
    vcpu_config.core = kCore;
    vcpu_config.context = &contexts[i];
    partitions[kBeta + i].shared = 1;
    partitions[kBeta + i].core_of_vcpu[0] = kCore;
    partitions[kBeta + i].functions |= (1 << 2) | (arinc653 ? 1 << 8 : 0);
    servers[i] = {&vcpus[2 + i], 10'000'000, i == 0 ? u64{4'000'000} : u64{3'000'000}, 0};
  }
  partitions[kBeta].owned_words = 2;
  shared_config = {&shared_state, shared_vcpus, arinc653 ? nullptr : servers, 2, arinc653 ? u32{1} : u32{0}};
  core_configs[kCore].vcpu = nullptr;
  core_configs[kCore].shared = &shared_config;
  core_configs[3] = {3, nullptr, nullptr, nullptr, 0, 0, nullptr, nullptr};
  windows[0] = {0, 8'000'000, &vcpus[2], &window_ticks[0]};
  windows[1] = {8'000'000, 8'000'000, &vcpus[3], &window_ticks[1]};
  windows[2] = {2'000'000, 4'000'000, &vcpus[3], &window_ticks[2]};
  clear(core_windows);
  core_windows[0][kCore] = {&windows[0], 2};
  core_windows[1][kCore] = {&windows[2], 1};
  schedules[0] = {0, 20'000'000, core_windows[0], starts, 0, &schedule_ticks[0]};
  schedules[1] = {5, 10'000'000, core_windows[1], starts, 0, &schedule_ticks[1]};
  bulkhead_config.schedules = schedules;
  bulkhead_config.schedule_count = 2;
  bulkhead_config.schedule_core = kCore;
}
void share_second_vcpu() {
  vcpu_configs[1].core = 2;
  vcpu_configs[1].context = &contexts[0];
  partitions[kAlpha].shared = 1;
  partitions[kAlpha].core_of_vcpu[1] = 2;
  vcpu_configs[2].core = 1;
  vcpu_configs[2].context = nullptr;
  partitions[kBeta].shared = 0;
  partitions[kBeta].core_of_vcpu[0] = 1;
  core_configs[1].vcpu = &vcpus[2];
  core_configs[1].vcpu_index = 2;
  shared_vcpus[0] = 1;
  windows[0].vcpu = &vcpus[1];
}
SharedCore& shared_core() { return shared_state; }
VcpuContext& context(u32 partition_index) { return contexts[partition_index - kBeta]; }
Server& server(u32 partition_index) { return servers[partition_index - kBeta]; }
ScheduleChanges& schedule_log() { return schedule_changes; }
void add_start_action(u32 schedule, u32 partition_index) {
  starts[schedules[schedule].start_count] = {partition_index, 0};
  ++schedules[schedule].start_count;
}

BudgetConfig& budget(u32 partition_index, u32 index) { return budgets[(partition_index == kAlpha ? 0 : partition_index + 1) + index]; }
u32& counter_irq(u32 core) { return counter_irqs[core]; }
void set_board_watchdog(u32 control, u64 time_ns, bool required) {
  bulkhead_config.watchdog_control = control;
  bulkhead_config.watchdog_ns = time_ns;
  bulkhead_config.watchdog_required = required ? 1 : 0;
}
u32& reset_claim() { return reset_lines_claim.taken; }
void require_counters() { bulkhead_config.counters_required = 1; }

Vcpu* tick(u64 now) {
  machine.core = 2;
  register_of<CntpctEl0>() = now - 1000;  // the next look at it is `now`
  Vcpu* next = nullptr;
  machine.acknowledge.push_back(26);
  (void)outcome_of([&] {
    Vcpu* const on_core = shared_state.resident;
    next = on_core != nullptr && on_core->power == Power::kOn && on_core->config->context->waiting == Waiting::kNo
               ? bulkhead_on_irq(on_core) : idle(cores[2]);
  });
  return next;
}

void run_boot_core() {
  machine.core = 0;
  (void)outcome_of([] { bulkhead_boot_core(0, 0); });
  machine.core = 0;
}

void boot() {
  power_on_state();
  run_boot_core();
  deliver_sgis();
  machine.sgis.clear();
  machine.order.clear();
  machine.dropped.clear();
  machine.deactivated.clear();
  machine.transmitted.clear();
}

Outcome call(Vcpu& who, u64 x0, u64 x1, u64 x2, u64 x3, bool smc, u32 immediate) {
  machine.core = who.config->core;
  who.x[0] = x0;
  who.x[1] = x1;
  who.x[2] = x2;
  who.x[3] = x3;
  const u64 esr = (u64{smc ? 0x17U : 0x16U} << 26) | (u64{1} << 25) | immediate;
  if (smc) {
    register_of<ElrEl2>() += 4;  // vectors.S steps over a trapped SMC; HVC's return address is behind it already
  }
  return outcome_of([&] { bulkhead_on_hvc(&who, esr); });
}

Outcome store(Vcpu& who, u64 ipa, u64 value, Access access) {
  if (access.reg != 31) {
    who.x[access.reg] = value;
  }
  return data_abort(who, ipa, true, access);
}
Outcome load(Vcpu& who, u64 ipa, Access access) { return data_abort(who, ipa, false, access); }
u64 value_at(Vcpu& who, u64 ipa, u32 size) {
  Access access;
  access.size = size;
  who.x[access.reg] = 0xDEAD'DEAD'DEAD'DEAD;
  if (load(who, ipa, access) != Outcome::kGoesOn) {
    throw std::logic_error("a load that should go on did not");
  }
  return who.x[access.reg];
}

Outcome system_register(Vcpu& who, u32 op0, u32 op1, u32 crn, u32 crm, u32 op2, bool read, u64 value) {
  machine.core = who.config->core;
  who.x[5] = value;
  const u64 iss = (op0 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (5 << 5) | (crm << 1) | (read ? 1 : 0);
  // x5 is among the registers that every trap saves: vectors.S takes the short way.
  return outcome_of([&] { bulkhead_on_system_register(&who, (u64{0x18} << 26) | (u64{1} << 25) | iss, 5); });
}

Outcome trap(Vcpu& who, u32 ec, u32 iss) {
  machine.core = who.config->core;
  const u64 esr = (u64{ec} << 26) | (u64{1} << 25) | iss;
  constexpr u32 kWfi = 0x01;  // vectors.S takes the short way
  return outcome_of([&] { ec == kWfi ? bulkhead_on_wait(&who, esr) : bulkhead_on_synchronous(&who, esr); });
}

Outcome interrupt(Vcpu& who, u32 id) {
  machine.core = who.config->core;
  machine.acknowledge.push_back(id);
  return outcome_of([&] { bulkhead_on_irq(&who); });
}

void time_passes(u64 when) {
  register_of<CntpctEl0>() = when;
  if ((register_of<CnthpCtlEl2>() & 1) != 0 && register_of<CnthpCvalEl2>() <= when) {
    Vcpu& on_core = *core_configs[0].vcpu;
    machine.core = 0;
    machine.acknowledge.push_back(26);
    (void)outcome_of([&] {
      if (on_core.power == Power::kOn) {
        bulkhead_on_irq(&on_core);
      } else {
        idle(cores[0]);
      }
    });
  }
}

void deliver_sgis() {
  for (u32 round = 0; round < 100 && !machine.sgis.empty(); ++round) {
    const auto [mask, id] = machine.sgis.front();
    machine.sgis.erase(machine.sgis.begin());
    for (u32 core = 0; core < kCores; ++core) {
      if ((mask & (u32{1} << core)) != 0) {
        if (core_configs[core].shared != nullptr && (shared_state.resident == nullptr || shared_state.resident->power != Power::kOn)) {
          machine.core = core;
          machine.acknowledge.push_back(id);
          (void)outcome_of([&] { (void)idle(cores[core]); });
          continue;
        }
        Vcpu& on_core = core_configs[core].shared != nullptr ? *shared_state.resident : *core_configs[core].vcpu;
        machine.core = core;
        machine.acknowledge.push_back(id);
        (void)outcome_of([&] {
          if (on_core.power == Power::kOn && budget_states[&on_core - vcpus].stopped == 0) {
            bulkhead_on_irq(&on_core);
          } else {
            idle(cores[core]);
          }
        });
      }
    }
  }
}

}  // namespace fake
