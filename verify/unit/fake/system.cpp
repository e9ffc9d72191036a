// SPDX-License-Identifier: Apache-2.0
// Tables and state of the test system. The header is defined without `const` here, so that boot tests can spoil it.
#include "system.hpp"

#include <cstring>
#include <functional>

#include "main/kernel.hpp"
#include "features.hpp"

using namespace bulkhead;

extern "C" {
ConfigHeader bulkhead_config{};
extern Epitaph bulkhead_epitaph;
extern KernelState bulkhead_kernel_state;
void bulkhead_secondary_entry() {}
[[noreturn]] void bulkhead_enter_guest(Vcpu* vcpu) { throw fake::Entered{vcpu}; }
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
IrqRoute routes[2];
DoorbellState doorbell_state;
Doorbell doorbells[2];
DoorbellSource doorbell_source;

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
  p.id = i;
  p.vcpu_count = kCounts[i];
  p.vcpus = &vcpus[first_vcpu];
  p.state = &states[i];
  p.console = i < 2 ? &rings[i] : nullptr;
  p.vttbr = 0x100 + i;
  p.load_ttbr = 0x1000 + i;
  p.entry = kRam + 0x80;
  p.device_tree = kRam + 0x1000;
  p.ram_base = kRam;
  p.ram_size = kRamSize;
  loads[i][0] = {address_of(ram[i]), address_of(payload[i]), kRamSize / 2};
  loads[i][1] = {address_of(ram[i]) + kRamSize / 2, 0, kRamSize / 2};
  p.first_load = loads[i];
  p.first_load_count = 2;
  p.reload = loads[i];
  p.reload_count = 2;
  p.restartable = i == kGamma ? 0 : 1;
  p.autostart = 1;
  p.gicd_base = kGicd;
  p.gicr_base = kGicr;
  p.pl011_base = i < 2 ? kPl011 : 0;
  p.pl011_irq = i < 2 ? kConsoleIrq : 0;
  owned[i][0] = u32{1} << 27;
  owned[i][1] = i < 2 ? u32{1} << (8 + i) : 0;
  virtual_only[i][1] = i < 2 ? u32{3} << (kConsoleIrq - 32) : 0;
  p.owned_ppis = owned[i][0];
  p.irq_owned = owned[i];
  p.irq_virtual = virtual_only[i];
  p.irq_enabled = enabled[i];
  p.irq_priority = priorities[i];
  p.irq_target = targets[i];
  p.functions = 0x1 | (1 << 1) | (1 << 3) | (1 << 4) | (1 << 6) | (i < 2 ? (1 << 9) | (1 << 11) : 0) | (1 << 12);
  p.may_control = i == kGamma ? 3 : 0;
  p.restart_max = 2;
  p.restart_within_ns = 1'000'000'000;
  p.monitor = kNoPartition;
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
    vcpu_configs[first_vcpu + v] = {&p, v, core};
    core_configs[core] = {core, &cores[core], stacks[core] + 4096, &vcpus[first_vcpu + v], 1, first_vcpu + v};
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
  clear(enabled);
  clear(priorities);
  clear(targets);
  std::memset(static_cast<void*>(&bulkhead_epitaph), 0, sizeof(bulkhead_epitaph));
  std::memset(static_cast<void*>(&bulkhead_kernel_state), 0, sizeof(bulkhead_kernel_state));
  doorbell_state = {};
  for (u32 i = 0, first = 0; i < kPartitions; first += kCounts[i], ++i) {
    set_up_partition(i, first);
    std::memset(payload[i], static_cast<int>(0xA0 + i), sizeof(payload[i]));
    std::memset(ram[i], 0xEE, sizeof(ram[i]));
  }
  doorbells[0] = {&doorbell_state, 0, 0, DoorbellKind::kVirtual, 0};
  doorbells[1] = {nullptr, 0, 0, DoorbellKind::kSilent, 0};
  doorbell_source = {&doorbell_state, kDoorbellIrq, {}};
  partitions[kBeta].doorbells = &doorbells[0];
  partitions[kBeta].doorbell_slots = 1;
  partitions[kAlpha].doorbells = &doorbells[1];
  partitions[kAlpha].doorbell_slots = 1;
  partitions[kAlpha].channel_ends = 1;
  partitions[kBeta].channel_ends = 1;
  partitions[kAlpha].doorbell_sources = &doorbell_source;
  partitions[kAlpha].doorbell_source_count = 1;
  routes[0] = {40, 0, 0, kAlpha};
  routes[1] = {41, 2, 1, kBeta};

  ConfigHeader& c = bulkhead_config;
  c = ConfigHeader{};
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
  c.irq_route_count = 2;
  c.irq_words = kIrqWords;
  c.supervisor = 0;
  c.input_partition = kAlpha;
  c.counter_rate_count = 1;
  c.channel_count = 2;
  c.counter_rates[0] = {62'500'000, 625'000};
  register_of<CntfrqEl0>() = 62'500'000;
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
  return outcome_of([&] { bulkhead_on_system_register(&who, (u64{0x18} << 26) | (u64{1} << 25) | iss); });
}

Outcome trap(Vcpu& who, u32 ec, u32 iss) {
  machine.core = who.config->core;
  const u64 esr = (u64{ec} << 26) | (u64{1} << 25) | iss;
  return outcome_of([&] { ec == 1 ? bulkhead_on_wait(&who, esr) : bulkhead_on_synchronous(&who, esr); });
}

Outcome interrupt(Vcpu& who, u32 id) {
  machine.core = who.config->core;
  machine.acknowledge.push_back(id);
  return outcome_of([&] { bulkhead_on_irq(&who); });
}

void deliver_sgis() {
  for (u32 round = 0; round < 100 && !machine.sgis.empty(); ++round) {
    const auto [mask, id] = machine.sgis.front();
    machine.sgis.erase(machine.sgis.begin());
    for (u32 core = 0; core < kCores; ++core) {
      if ((mask & (u32{1} << core)) != 0) {
        Vcpu& on_core = *core_configs[core].vcpu;
        machine.core = core;
        machine.acknowledge.push_back(id);
        (void)outcome_of([&] {
          if (on_core.power == Power::kOn) {
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
