// SPDX-License-Identifier: Apache-2.0
// Every event with every action of the tables in every state; restarts, limits, the log, the order of start, watchdogs.
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
      return call(beta, kControl, id_of(kAlpha), 0);
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

// ---- beta and gamma in windows of one core: the events that schedulers raise are there too ----

constexpr u64 kMs = kHz / 1000;
constexpr u64 kFrame = 20 * kMs;
constexpr u64 kSetSchedule = 0xC600'0007;
constexpr u8 kToSecond = static_cast<u8>(HealthAction::kSwitchSchedule) | (1 << 4);  // the schedule at index 1, where beta has no window

/// Start of the first frame after now.
u64 next_frame() {
  const u64 epoch = schedule_log().epoch;
  return epoch + (register_of<CntpctEl0>() - epoch + kFrame) / kFrame * kFrame;
}
/// Lets both partitions have their windows, in which beta is also loaded if it has to be.
void windows_pass(u32 frames) {
  for (u32 i = 0; i < frames; ++i) {
    const u64 frame = next_frame();
    deliver_sgis();
    (void)tick(frame + kMs);
    deliver_sgis();
    (void)tick(frame + 9 * kMs);
    deliver_sgis();
  }
}
/// Beta is loaded in `state`, or runs in it if `state` is one of running.
void lead_to(PartitionMode state) {
  if (state == PartitionMode::kWarmStart) {
    (void)call(vcpu(kGamma), kControl, id_of(kBeta), 2);
  } else if (state == PartitionMode::kNormal) {
    (void)tick(next_frame() + kMs);
    (void)call(vcpu(kBeta), kReady);
  }
}
/// As `happen`, of a partition that has its window.
void happen_in_window(HealthEvent event, PartitionMode state) {
  if (event == HealthEvent::kStart) {  // it is loaded anew, and what it is loaded from is spoiled
    pristine(kBeta)[0] ^= 1;
    (void)call(vcpu(kGamma), kControl, id_of(kBeta), state == PartitionMode::kWarmStart ? 2 : 3);
    return;
  }
  const u64 frame = next_frame();
  (void)tick(frame + kMs);
  if (event == HealthEvent::kSchedule) {
    (void)call(vcpu(kBeta), kSetSchedule, 5);  // without the privilege
  } else if (event == HealthEvent::kDeadline) {
    partition(kBeta).overrun_event = 1;
    (void)tick(frame + 8 * kMs);
    partition(kBeta).overrun_event = 0;
  } else {
    (void)happen(event);
  }
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

// All pairs that the YAML can express, but for `ignore` of a memory fault and of a failed start (BH-HLT-009), which the kernel takes as it takes
// the others; a start cannot fail in state normal.
TEST_CASE("each pair of event and action takes effect in the state that it stands for, and in no other", "[LLR-241][LLR-1102][LLR-1103][LLR-1107]") {
  const auto event = static_cast<HealthEvent>(GENERATE(range(0U, static_cast<u32>(HealthEvent::kCount))));
  const u8 entry = GENERATE(u8{0}, u8{1}, u8{2}, u8{3}, u8{4}, u8{5}, u8{6}, kToSecond);
  const auto state = GENERATE(PartitionMode::kColdStart, PartitionMode::kWarmStart, PartitionMode::kNormal);
  const auto action = static_cast<HealthAction>(entry & 0xF);
  CAPTURE(static_cast<u32>(event), u32{entry}, static_cast<u32>(state));
  if (event == HealthEvent::kStart && state == PartitionMode::kNormal) {
    return;
  }
  power_on_state();
  share_core(true);
  const bool restarts_action = action == HealthAction::kWarmRestart || action == HealthAction::kColdRestart;
  const bool again = event == HealthEvent::kStart && restarts_action;  // it fails again and again, up to the limit
  set_action(kBeta, event, again ? action : action == HealthAction::kHalt ? HealthAction::kLog : HealthAction::kHalt);  // in the other states
  partition(kBeta).actions[static_cast<u32>(event)][static_cast<u32>(state) - 1] = entry;
  partition(kBeta).watchdog_ns = event == HealthEvent::kWatchdog ? 1'000'000'000 : 0;
  run_boot_core();
  windows_pass(4);
  REQUIRE(vcpu(kBeta).power == Power::kOn);
  if (event != HealthEvent::kStart) {
    lead_to(state);
    windows_pass(3);
    REQUIRE(partition(kBeta).state->mode == state);
  }
  partition(kAlpha).irq_enabled[1] |= u32{1} << (kHealthIrq - 32);
  partition(kAlpha).state->gicd_enabled = 1;
  machine.transmitted.clear();
  machine.firmware.clear();
  memory(kBeta)[0] = 0x55;
  memory(kBeta)[kRamSize - 1] = 0x55;
  const auto& seen = *partition(kBeta).state;
  const u32 restarts = seen.restarts + (event == HealthEvent::kStart ? 1 : 0);

  happen_in_window(event, state);
  windows_pass(4);

  const bool goes_on = action <= HealthAction::kNotify || action == HealthAction::kSwitchSchedule;
  if (action == HealthAction::kIgnore) {
    CHECK(seen.log_head == 0);
  } else {
    REQUIRE(seen.log_head == (again ? 1 + partition(kBeta).restart_max : 1));
    CHECK(seen.log[0].event == event);
    CHECK(seen.log[0].action == action);
    CHECK(seen.log[0].mode == static_cast<u8>(state));
  }
  const bool said = machine.transmitted.find("beta health event: ") != std::string::npos;
  CHECK(said == (action == HealthAction::kLog || action == HealthAction::kSwitchSchedule));
  machine.core = 0;
  CHECK((list_of(kHealthIrq) >= 0) == (action == HealthAction::kNotify));
  CHECK(shared_core().position.schedule == (action == HealthAction::kSwitchSchedule ? 1 : 0));
  CHECK(asked_for(kSystemReset) == (action == HealthAction::kResetBoard));
  if (again) {
    CHECK(seen.mode == PartitionMode::kHalted);
    CHECK(seen.restarts == restarts + partition(kBeta).restart_max);
    CHECK(machine.transmitted.find("beta halted: restart limit") != std::string::npos);
  } else if (goes_on) {
    CHECK(seen.mode == state);
    CHECK(vcpu(kBeta).power == Power::kOn);
    CHECK(seen.restarts == restarts);
    CHECK(machine.transmitted.find("beta halted") == std::string::npos);
  } else if (action == HealthAction::kHalt || action == HealthAction::kResetBoard) {
    CHECK(seen.mode == PartitionMode::kHalted);
    CHECK(vcpu(kBeta).power == Power::kOff);
    CHECK(seen.restarts == restarts);
    CHECK(machine.transmitted.find("beta halted: ") != std::string::npos);
  } else {
    const bool warm = action == HealthAction::kWarmRestart;
    CHECK(seen.mode == (warm ? PartitionMode::kWarmStart : PartitionMode::kColdStart));
    CHECK(seen.start_reason == (warm ? StartReason::kWarmByHealth : StartReason::kColdByHealth));
    CHECK(seen.restarts == restarts + 1);
    CHECK(vcpu(kBeta).power == Power::kOn);
    CHECK(memory(kBeta)[0] == 0xA1);
    CHECK(memory(kBeta)[kRamSize - 1] == (warm ? 0x55 : 0));
  }
  CHECK(vcpu(kAlpha).power == Power::kOn);
  CHECK(vcpu(kGamma).power == Power::kOn);
  CHECK(partition(kGamma).state->log_head == 0);
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

TEST_CASE("a partition that restarts itself in a loop reaches its limit, whichever call it takes", "[LLR-1114][LLR-382]") {
  boot();
  const u64 function = GENERATE(kReset, kControl);
  for (u32 i = 0; i < 3; ++i) {
    CHECK(vcpu(kBeta).power == Power::kOn);
    (void)call(vcpu(kBeta), function, ~u64{0}, 2);
    deliver_sgis();
  }
  CHECK(partition(kBeta).state->restarts == 2);
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  CHECK(machine.transmitted.find("beta halted: restart limit") != std::string::npos);
}

TEST_CASE("what another commands is neither counted nor refused by a limit", "[LLR-1114]") {
  boot();
  const bool reset = GENERATE(false, true);
  partition(kBeta).restart_then_reset = reset ? 1 : 0;
  const u64 commanded = GENERATE(1, 2, 3);
  set_action(kBeta, HealthEvent::kApplication, HealthAction::kWarmRestart);
  u32 restarts = 0;
  for (u32 i = 0; i < 4; ++i) {
    if (commanded == 1) {
      (void)call(vcpu(kGamma), kControl, id_of(kBeta), 0);
      deliver_sgis();
    }
    (void)call(vcpu(kGamma), kControl, id_of(kBeta), commanded);
    CHECK(vcpu(kGamma).x[0] == 0);
    deliver_sgis();
    CHECK(partition(kBeta).state->restarts == ++restarts);
    CHECK(vcpu(kBeta).power == Power::kOn);
  }
  for (u32 i = 0; i < 2; ++i) {  // its own two are still there
    (void)call(vcpu(kBeta), kRaise, i);
    deliver_sgis();
    CHECK(partition(kBeta).state->restarts == ++restarts);
  }
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 2);
  deliver_sgis();
  CHECK(partition(kBeta).state->restarts == ++restarts);
  CHECK_FALSE(asked_for(kSystemReset));
  (void)call(vcpu(kBeta), kRaise, 9);  // and no command gives it new ones
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  CHECK(asked_for(kSystemReset) == reset);
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 1);
  deliver_sgis();
  CHECK(vcpu(kBeta).power == Power::kOn);
  CHECK(partition(kBeta).state->restarts == ++restarts);
}

TEST_CASE("no restart is ordered while one is under way, but a halt is", "[LLR-1116]") {
  boot();
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 3);
  deliver_sgis();
  const u64 restarts = partition(kBeta).state->restarts;
  vcpu(kBeta).loading = 1;  // as between two chunks
  for (const u64 action : {2U, 3U}) {
    (void)call(vcpu(kGamma), kControl, id_of(kBeta), action);
    CHECK(vcpu(kGamma).x[0] == kBusy);
  }
  deliver_sgis();
  CHECK(partition(kBeta).state->restarts == restarts);
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 0);
  CHECK(vcpu(kGamma).x[0] == 0);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  CHECK(vcpu(kBeta).loading == 0);
}

TEST_CASE("control restarts warm and cold, and refuses what a device forbids", "[LLR-1106][LLR-188]") {
  boot();
  memory(kBeta)[kRamSize - 1] = 0x55;
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 2);
  CHECK(vcpu(kGamma).x[0] == 0);
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 2);
  CHECK(vcpu(kGamma).x[0] == kBusy);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kWarmStart);
  CHECK(partition(kBeta).state->start_reason == StartReason::kControl);
  CHECK(memory(kBeta)[kRamSize - 1] == 0x55);
  partition(kBeta).cold_refused = 1;
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 3);
  CHECK(vcpu(kGamma).x[0] == kInvalid);
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 4);
  CHECK(vcpu(kGamma).x[0] == kInvalid);
  (void)call(vcpu(kBeta), kReset);
  deliver_sgis();
  CHECK(partition(kBeta).state->mode == PartitionMode::kHalted);
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 1);
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
  (void)call(vcpu(kGamma), kLogRead, id_of(kBeta), 1);
  CHECK(vcpu(kGamma).x[0] == 0);
  CHECK(vcpu(kGamma).x[1] == static_cast<u64>(HealthEvent::kApplication));
  CHECK(vcpu(kGamma).x[3] == 109);
  (void)call(vcpu(kBeta), kLogRead, ~u64{0}, 7);
  CHECK(vcpu(kBeta).x[3] == 103);
  (void)call(vcpu(kBeta), kLogRead, ~u64{0}, 8);
  CHECK(vcpu(kBeta).x[0] == kInvalid);
  (void)call(vcpu(kBeta), kLogRead, id_of(kAlpha), 0);
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
  (void)call(vcpu(kGamma), kControl, id_of(kBeta), 2);
  deliver_sgis();
  CHECK(machine.transmitted.find(": start: payload spoiled at 0x") != std::string::npos);
  CHECK((vcpu(kBeta).power == Power::kOn) == (action == HealthAction::kLog));
  CHECK((partition(kBeta).state->mode == PartitionMode::kHalted) == (action == HealthAction::kHalt));
  CHECK(vcpu(kAlpha).power == Power::kOn);
  (void)call(vcpu(kGamma), kControl, id_of(kAlpha), 3);  // whose payload is as it was
  deliver_sgis();
  CHECK(partition(kAlpha).state->log_head == 0);
}
