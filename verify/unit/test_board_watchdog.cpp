// SPDX-License-Identifier: Apache-2.0
// The board's watchdog: keys, start, who has to be well for a restart, what becomes of it at the end. Ticks of 62.5 MHz.
#include <catch2/catch.hpp>

#include "base/epitaph.hpp"
#include "main/kernel_state.hpp"
#include "system.hpp"

extern "C" {
extern bulkhead::Epitaph bulkhead_epitaph;
extern bulkhead::KernelState bulkhead_kernel_state;
}

using namespace fake;
using bulkhead::DeadlineUser;
using bulkhead::EpitaphId;

namespace {

constexpr u64 kMs = 62'500;
constexpr u32 kControl = (151 << 2) | 0;
constexpr u64 kTime = 50'000'000;

u64 armed() { return register_of<bulkhead::CnthpCvalEl2>(); }

void boot_watched(bool shared) {
  power_on_state();
  if (shared) {
    share_core(true);
  }
  machine.watchdog.absent = false;
  set_board_watchdog(kControl, kTime, true);
  run_boot_core();
  deliver_sgis();
}

}  // namespace

TEST_CASE("the watchdog is started with the time of the table when all cores are up", "[LLR-1190]") {
  boot_watched(false);
  CHECK((machine.watchdog.mode & 7) == 3);  // runs, resets, no interrupt
  CHECK((machine.watchdog.mode & 0x70) == 0x30);  // a pulse of 16 cycles
  CHECK(machine.watchdog.control == kControl);
  CHECK(machine.watchdog.refused == 0);
  CHECK(machine.watchdog.restarts >= 1);
  CHECK(bulkhead_epitaph.id == EpitaphId::kNone);
}

TEST_CASE("one that runs already is given its time all the same", "[LLR-1190]") {
  power_on_state();
  machine.watchdog.absent = false;
  machine.watchdog.mode = 3;  // as a boot loader may leave it
  set_board_watchdog(kControl, kTime, true);
  run_boot_core();
  CHECK(machine.watchdog.control == kControl);
  CHECK(machine.watchdog.refused == 0);
}

TEST_CASE("a watchdog that does not start is an epitaph on hardware, and nothing in an emulator", "[LLR-1190]") {
  power_on_state();
  bool required = false;
  SECTION("hardware") { required = true; }
  SECTION("emulator") {}
  set_board_watchdog(kControl, kTime, required);
  run_boot_core();
  CHECK(bulkhead_epitaph.id == (required ? EpitaphId::kBoardWatchdog : EpitaphId::kNone));
  CHECK((machine.transmitted.find("epitaph board-watchdog: the board's watchdog does not start") != std::string::npos) == required);
  CHECK(machine.firmware.back().function != 0x8400'0009);  // it would fail again for ever
}

TEST_CASE("the supervisor restarts it four times in its time", "[LLR-1191]") {
  boot_watched(false);
  u64 now = armed();
  for (u32 i = 0; i < 8; ++i) {
    const u32 before = machine.watchdog.restarts;
    time_passes(now);
    CHECK(machine.watchdog.restarts == before + 1);
    CHECK(armed() >= now + kMs * 50 / 4);
    CHECK(armed() < now + kMs * 50 / 3);
    now = armed();
  }
  CHECK(machine.watchdog.refused == 0);
  time_passes(now + kMs * 40);  // late: the next one is a quarter from then, not at once
  CHECK(armed() >= now + kMs * 40 + kMs * 50 / 4);
}

TEST_CASE("a supervisor whose own core has a scheduler does not wait for itself", "[LLR-1191]") {
  power_on_state();
  share_core(true);
  header().supervisor = 2;
  machine.watchdog.absent = false;
  set_board_watchdog(kControl, kTime, true);
  run_boot_core();
  deliver_sgis();
  bulkhead::Core& core = *header().cores[2].core;
  const u64 due = core.deadlines[static_cast<u32>(DeadlineUser::kSupervisor)];
  core.deadlines[static_cast<u32>(DeadlineUser::kScheduler)] = due - kMs * 26;
  const u32 before = machine.watchdog.restarts;
  (void)tick(due);
  CHECK(machine.watchdog.restarts == before + 1);
}

TEST_CASE("a core with a scheduler that does not look in time leaves it to fire", "[LLR-1191]") {
  boot_watched(true);
  u64 now = armed();
  bulkhead::Core& core = *header().cores[2].core;
  u64& looks = core.deadlines[static_cast<u32>(DeadlineUser::kScheduler)];
  const u32 before = machine.watchdog.restarts;
  SECTION("late, but not for long") {
    looks = now - kMs * 20;
    time_passes(now);
    CHECK(machine.watchdog.restarts == before + 1);
  }
  SECTION("for longer than half of the time") {
    looks = now - kMs * 26;
    time_passes(now);
    CHECK(machine.watchdog.restarts == before);
    time_passes(armed());
    CHECK(machine.watchdog.restarts == before);
    looks = armed() + kMs;  // it is back
    time_passes(armed());
    CHECK(machine.watchdog.restarts == before + 1);
  }
  SECTION("nothing to look at") {
    looks = ~u64{0};
    time_passes(now);
    CHECK(machine.watchdog.restarts == before + 1);
  }
}

TEST_CASE("after an epitaph nobody restarts it", "[LLR-1191]") {
  boot_watched(false);
  const u64 now = armed();
  const u32 before = machine.watchdog.restarts;
  bulkhead_kernel_state.panic = 1;
  time_passes(now);
  CHECK(machine.watchdog.restarts == before);
  CHECK((machine.watchdog.mode & 1) == 1);
}

TEST_CASE("it is stopped before the power goes off, not before a reset", "[LLR-1191]") {
  boot_watched(false);
  for (u32 i = 0; i < 3; ++i) {
    (void)call(vcpu(i), 0x8400'0008);
    deliver_sgis();
  }
  REQUIRE(machine.firmware.back().function == 0x8400'0008);
  CHECK((machine.watchdog.mode & 1) == 0);
  CHECK(machine.watchdog.refused == 0);
}
