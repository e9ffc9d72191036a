// SPDX-License-Identifier: Apache-2.0
// Every event with every action of the tables; restarts, limits, the log, the order of start, watchdogs.
#include <catch2/catch.hpp>

#include <cstring>

#include "system.hpp"

using namespace fake;
using bulkhead::CntpctEl0;
using bulkhead::EsrEl1;
using bulkhead::HealthAction;
using bulkhead::HealthEvent;
using bulkhead::PartitionMode;
using bulkhead::Power;
using bulkhead::SpsrEl2;
using bulkhead::StartReason;
using bulkhead::Vcpu;

namespace {

constexpr u64 kReset = 0x8400'0009;
constexpr u64 kRaise = 0xC600'0004;
constexpr u64 kKick = 0xC600'0005;
constexpr u64 kControl = 0xC600'0006;
constexpr u64 kReady = 0xC600'000C;
constexpr u64 kLogRead = 0xC600'000D;
constexpr u64 kSystemReset = 0x8400'0009;
constexpr u64 kHz = 62'500'000;

void set_action(u32 index, HealthEvent event, HealthAction action) {
  for (u8& entry : partition(index).actions[static_cast<u32>(event)]) {
    entry = static_cast<u8>(action);
  }
}

/// Beta's act, or what happens to it, for each event that this kernel raises.
Outcome happen(HealthEvent event) {
  Vcpu& beta = vcpu(kBeta);
  switch (event) {
    case HealthEvent::kMemory:
      return store(beta, 0x7000'0000, 1);
    case HealthEvent::kIllegalRequest:
      return call(beta, kControl, kAlpha, 0);
    case HealthEvent::kUndefined:
      return trap(beta, 0x3F);
    case HealthEvent::kApplication:
      return call(beta, kRaise, 77);
    case HealthEvent::kInterrupt:
      return interrupt(beta, 99);
    case HealthEvent::kSerror:
      machine.core = beta.config->core;
      return outcome_of([&] { bulkhead_on_serror(&beta, 0x2F); });
    case HealthEvent::kWatchdog:
    case HealthEvent::kStart:
      time_passes(register_of<CntpctEl0>() + 2 * kHz);
      return beta.partition->state->command == bulkhead::Command::kNone ? Outcome::kGoesOn : Outcome::kSlept;
    default:
      return Outcome::kGoesOn;
  }
}

bool asked_for(u64 function) {
  for (const FirmwareCall& made : machine.firmware) {
    if (made.function == function) {
      return true;
    }
  }
  return false;
}

u64 vcpus_of_beta_on() { return vcpu(kBeta).power == Power::kOn ? 1 : 0; }

}  // namespace

TEST_CASE("every event leads to the action of its table", "[LLR-241][LLR-1102][LLR-1103]") {
  const auto event = GENERATE(HealthEvent::kMemory, HealthEvent::kIllegalRequest, HealthEvent::kUndefined, HealthEvent::kApplication,
                              HealthEvent::kInterrupt, HealthEvent::kSerror, HealthEvent::kWatchdog, HealthEvent::kStart);
  const auto action = GENERATE(HealthAction::kIgnore, HealthAction::kLog, HealthAction::kNotify, HealthAction::kWarmRestart,
                               HealthAction::kColdRestart, HealthAction::kHalt, HealthAction::kResetBoard);
  CAPTURE(static_cast<u32>(event), static_cast<u32>(action));
  power_on_state();
  set_action(kBeta, event, action);
  if (event == HealthEvent::kWatchdog) {
    partition(kBeta).watchdog_ns = 1'000'000'000;
  }
  if (event == HealthEvent::kStart) {
    partition(kBeta).start_after = u64{1} << kAlpha;
    partition(kBeta).start_timeout_ns = 1'000'000'000;
  }
  run_boot_core();
  deliver_sgis();
  machine.transmitted.clear();
  machine.firmware.clear();
  memory(kBeta)[0] = 0x55;
  memory(kBeta)[kRamSize - 1] = 0x55;
  const bool goes_on = action == HealthAction::kIgnore || action == HealthAction::kLog || action == HealthAction::kNotify;
  const Outcome outcome = happen(event);
  CHECK((outcome == Outcome::kGoesOn) == goes_on);
  deliver_sgis();
  const auto& state = *partition(kBeta).state;
  CHECK(state.log_head == (action == HealthAction::kIgnore ? 0 : 1));
  const bool said = machine.transmitted.find("beta health event: ") != std::string::npos;
  CHECK(said == (action == HealthAction::kLog));
  CHECK(list_of(kHealthIrq) == -1);
  switch (action) {
    case HealthAction::kWarmRestart:
      CHECK(state.mode == PartitionMode::kWarmStart);
      CHECK(state.start_reason == StartReason::kWarmByHealth);
      CHECK(memory(kBeta)[0] == 0xA1);
      CHECK(memory(kBeta)[kRamSize - 1] == 0x55);
      CHECK(machine.transmitted.find("beta restarted warm 1: ") != std::string::npos);
      break;
    case HealthAction::kColdRestart:
      CHECK(state.mode == PartitionMode::kColdStart);
      CHECK(state.start_reason == StartReason::kColdByHealth);
      CHECK(memory(kBeta)[0] == 0xA1);
      CHECK(memory(kBeta)[kRamSize - 1] == 0);
      CHECK(machine.transmitted.find("beta restarted cold 1: ") != std::string::npos);
      break;
    case HealthAction::kHalt:
    case HealthAction::kResetBoard:
      CHECK(state.mode == PartitionMode::kHalted);
      CHECK(machine.transmitted.find("beta halted: ") != std::string::npos);
      CHECK(asked_for(kSystemReset) == (action == HealthAction::kResetBoard));
      break;
    default:
      CHECK(state.mode == PartitionMode::kColdStart);
      CHECK(state.waiting == (event == HealthEvent::kStart ? 1 : 0));
      break;
  }
  CHECK(vcpu(kAlpha).power == Power::kOn);
  CHECK(vcpu(kGamma).power == Power::kOn);
}

TEST_CASE("the action is the one of the partition's state", "[LLR-241]") {
  boot();
  auto& row = partition(kBeta).actions[static_cast<u32>(HealthEvent::kApplication)];
  row[0] = static_cast<u8>(HealthAction::kWarmRestart);
  row[1] = static_cast<u8>(HealthAction::kColdRestart);
  row[2] = static_cast<u8>(HealthAction::kHalt);
  (void)call(vcpu(kBeta), kRaise, 1);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kWarmStart);
  (void)call(vcpu(kBeta), kRaise, 2);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kColdStart);
  (void)call(vcpu(kBeta), kReady);
  (void)call(vcpu(kBeta), kRaise, 3);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
}

TEST_CASE("an entry that this kernel does not know halts", "[LLR-1102]") {
  boot();
  set_action(kBeta, HealthEvent::kApplication, static_cast<HealthAction>(15));
  CHECK(call(vcpu(kBeta), kRaise, 1) != Outcome::kGoesOn);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
}

TEST_CASE("a partition that survives its memory fault gets an external abort", "[LLR-1102]") {
  boot();
  set_action(kBeta, HealthEvent::kMemory, HealthAction::kLog);
  register_of<SpsrEl2>() = 5;
  const bool fetch = GENERATE(false, true);
  CHECK((fetch ? trap(vcpu(kBeta), 0x20, 0x07) : store(vcpu(kBeta), 0x7000'0000, 1)) == Outcome::kGoesOn);
  CHECK(register_of<EsrEl1>() == ((fetch ? u64{0x21} : u64{0x25}) << 26 | u64{1} << 25 | 0x10));
}

TEST_CASE("notify rings the monitor, once for many events", "[LLR-1107]") {
  boot();
  set_action(kBeta, HealthEvent::kApplication, HealthAction::kNotify);
  partition(kAlpha).irq_enabled[1] |= u32{1} << (kHealthIrq - 32);
  partition(kAlpha).state->gicd_enabled = 1;
  (void)call(vcpu(kBeta), kRaise, 1);
  (void)call(vcpu(kBeta), kRaise, 2);
  CHECK(vcpu(kBeta).x[0] == 0);
  deliver_sgis();
  machine.core = 0;
  REQUIRE(list_of(kHealthIrq) >= 0);
  CHECK(list_pending(list_of(kHealthIrq)));
  CHECK(machine.transmitted.empty());
}

TEST_CASE("restarts past the limit halt, or reset the board", "[LLR-382][LLR-1103]") {
  boot();
  const bool reset = GENERATE(false, true);
  partition(kBeta).restart_then_reset = reset ? 1 : 0;
  set_action(kBeta, HealthEvent::kApplication, HealthAction::kWarmRestart);
  for (u32 i = 0; i < 3; ++i) {
    (void)call(vcpu(kBeta), kRaise, i);
    deliver_sgis();
    CHECK(vcpus_of_beta_on() == (i < 2 ? 1 : 0));
  }
  CHECK(partition(kBeta).state->restarts == 2);
  CHECK(machine.transmitted.find("beta halted: restart limit") != std::string::npos);
  CHECK(asked_for(kSystemReset) == reset);
}

TEST_CASE("control restarts warm and cold, and refuses what a device forbids", "[LLR-1106][LLR-188]") {
  boot();
  memory(kBeta)[kRamSize - 1] = 0x55;
  (void)call(vcpu(kGamma), kControl, kBeta, 2);
  CHECK(vcpu(kGamma).x[0] == 0);
  (void)call(vcpu(kGamma), kControl, kBeta, 2);
  CHECK(vcpu(kGamma).x[0] == kBusy);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kWarmStart);
  CHECK(partition(kBeta).state->start_reason == StartReason::kControl);
  CHECK(memory(kBeta)[kRamSize - 1] == 0x55);
  partition(kBeta).cold_refused = 1;
  (void)call(vcpu(kGamma), kControl, kBeta, 3);
  CHECK(vcpu(kGamma).x[0] == kInvalid);
  (void)call(vcpu(kGamma), kControl, kBeta, 4);
  CHECK(vcpu(kGamma).x[0] == kInvalid);
  (void)call(vcpu(kBeta), kReset);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  (void)call(vcpu(kGamma), kControl, kBeta, 1);
  CHECK(vcpu(kGamma).x[0] == kInvalid);
}

TEST_CASE("the log keeps the newest events over restarts", "[LLR-1104][LLR-1105]") {
  boot();
  set_action(kBeta, HealthEvent::kMemory, HealthAction::kColdRestart);
  for (u32 i = 0; i < 10; ++i) {
    (void)call(vcpu(kBeta), kRaise, 100 + i);
  }
  (void)store(vcpu(kBeta), 0x7000'0000, 1);
  deliver_sgis();
  (void)call(vcpu(kBeta), kLogRead, ~u64{0}, 0);
  CHECK(vcpu(kBeta).x[0] == 0);
  CHECK(vcpu(kBeta).x[1] == static_cast<u64>(HealthEvent::kMemory));
  CHECK(vcpu(kBeta).x[2] != 0);
  CHECK(vcpu(kBeta).x[3] == 0x7000'0000);
  (void)call(vcpu(kGamma), kLogRead, kBeta, 1);
  CHECK(vcpu(kGamma).x[0] == 0);
  CHECK(vcpu(kGamma).x[1] == static_cast<u64>(HealthEvent::kApplication));
  CHECK(vcpu(kGamma).x[3] == 109);
  (void)call(vcpu(kBeta), kLogRead, ~u64{0}, 7);
  CHECK(vcpu(kBeta).x[3] == 103);
  (void)call(vcpu(kBeta), kLogRead, ~u64{0}, 8);
  CHECK(vcpu(kBeta).x[0] == kInvalid);
  (void)call(vcpu(kBeta), kLogRead, kAlpha, 0);
  CHECK(vcpu(kBeta).x[0] == kDenied);
  (void)call(vcpu(kBeta), kLogRead, 9, 0);
  CHECK(vcpu(kBeta).x[0] == kInvalid);
}

TEST_CASE("a halt prints the log, oldest first", "[LLR-1105]") {
  boot();
  (void)call(vcpu(kBeta), kRaise, 5);
  deliver_sgis();
  machine.transmitted.clear();
  (void)store(vcpu(kBeta), 0x7000'0000, 1);
  deliver_sgis();
  const std::string& text = machine.transmitted;
  const auto halted = text.find("beta halted: memory");
  const auto first = text.find("beta log at 0x", halted);
  REQUIRE(first != std::string::npos);
  CHECK(text.find("application: error 5", first) != std::string::npos);
  CHECK(text.find("memory: write", first) > text.find("application: error 5", first));
  CHECK(text.find("beta log at 0x", text.find("memory: write", first)) == std::string::npos);
}

TEST_CASE("a partition that waits starts when all that it waits for were ready", "[LLR-1108]") {
  power_on_state();
  partition(kBeta).start_after = (u64{1} << kAlpha) | (u64{1} << kGamma);
  partition(kBeta).start_timeout_ns = 1'000'000'000;
  partition(kAlpha).waited_for_by = u64{1} << kBeta;
  partition(kGamma).waited_for_by = u64{1} << kBeta;
  run_boot_core();
  deliver_sgis();
  CHECK(vcpu(kBeta).power == Power::kOff);
  CHECK(memory(kBeta)[0] == 0xEE);
  (void)call(vcpu(kGamma), kReady);
  (void)call(vcpu(kGamma), 0x8400'0008);  // that it ends later does not matter
  deliver_sgis();
  CHECK(vcpu(kBeta).power == Power::kOff);
  (void)call(vcpu(kAlpha), kReady);
  deliver_sgis();
  CHECK(vcpu(kBeta).power == Power::kOn);
  CHECK(memory(kBeta)[0] == 0xA1);
  time_passes(register_of<CntpctEl0>() + 2 * kHz);
  deliver_sgis();
  CHECK(vcpu(kBeta).power == Power::kOn);
  CHECK(partition(kBeta).state->log_head == 0);
}

TEST_CASE("a start that takes too long is one event", "[LLR-1109]") {
  power_on_state();
  partition(kBeta).start_after = u64{1} << kAlpha;
  partition(kBeta).start_timeout_ns = 1'000'000'000;
  set_action(kBeta, HealthEvent::kStart, HealthAction::kLog);
  run_boot_core();
  deliver_sgis();
  time_passes(kHz / 2);
  CHECK(partition(kBeta).state->log_head == 0);
  time_passes(2 * kHz);
  time_passes(4 * kHz);
  deliver_sgis();
  CHECK(partition(kBeta).state->log_head == 1);
  CHECK(machine.transmitted.find("beta health event: start: ") != std::string::npos);
}

TEST_CASE("a watchdog fires when no kick came for its time, and not while the partition is not running", "[LLR-1110][LLR-1111]") {
  power_on_state();
  partition(kBeta).watchdog_ns = 1'000'000'000;
  set_action(kBeta, HealthEvent::kWatchdog, HealthAction::kLog);
  run_boot_core();
  deliver_sgis();
  u64 now = register_of<CntpctEl0>();
  for (u32 i = 0; i < 5; ++i) {
    now += kHz / 2;
    time_passes(now);
    CHECK(call(vcpu(kBeta), kKick) == Outcome::kGoesOn);
    CHECK(vcpu(kBeta).x[0] == 0);
  }
  CHECK(partition(kBeta).state->log_head == 0);
  time_passes(now + kHz + kHz / 10);
  CHECK(partition(kBeta).state->log_head == 1);
  now = register_of<CntpctEl0>();
  time_passes(now + kHz / 2);
  CHECK(partition(kBeta).state->log_head == 1);  // a whole time again after the event
  (void)call(vcpu(kBeta), 0x8400'0008);
  deliver_sgis();
  time_passes(now + 10 * kHz);
  CHECK(partition(kBeta).state->log_head == 1);
}

TEST_CASE("a panic after the start resets the board if the module's table says so", "[LLR-1103]") {
  boot();
  const auto action = GENERATE(bulkhead::ModuleAction::kHalt, bulkhead::ModuleAction::kResetBoard);
  const bool system_error = GENERATE(false, true);
  header().panic = system_error ? bulkhead::ModuleAction::kHalt : action;
  header().serror = system_error ? action : bulkhead::ModuleAction::kHalt;
  register_of<bulkhead::EsrEl2>() = u64{system_error ? 0x2FU : 0x25U} << 26;
  (void)outcome_of([] { bulkhead_kernel_fault(); });
  CHECK(asked_for(kSystemReset) == (action == bulkhead::ModuleAction::kResetBoard));
}

TEST_CASE("a payload that is not what was built is the start event", "[LLR-1113]") {
  boot();
  const auto action = GENERATE(HealthAction::kHalt, HealthAction::kLog);
  set_action(kBeta, HealthEvent::kStart, action);
  pristine(kBeta)[kRamSize / 2 - 1] ^= 1;
  (void)call(vcpu(kGamma), kControl, kBeta, 2);
  deliver_sgis();
  CHECK(machine.transmitted.find(": start: payload spoiled at 0x") != std::string::npos);
  CHECK((vcpu(kBeta).power == Power::kOn) == (action == HealthAction::kLog));
  CHECK((partition(kBeta).state->mode == PartitionMode::kHalted) == (action == HealthAction::kHalt));
  CHECK(vcpu(kAlpha).power == Power::kOn);
  (void)call(vcpu(kGamma), kControl, kAlpha, 3);  // whose payload is as it was
  deliver_sgis();
  CHECK(partition(kAlpha).state->log_head == 0);
}
