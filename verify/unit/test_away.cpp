// SPDX-License-Identifier: Apache-2.0
// What others leave for a vCPU that has not got its core: who is interrupted, and when it hears.
#include <algorithm>

#include "shared_core.hpp"

using namespace fake;

namespace {

constexpr u64 kNotify = 0xC600'0001;
constexpr u32 kDoorbellBit = u32{1} << (kDoorbellIrq - 32);

/// alpha rings, beta, on the shared core, listens.
void ring_beta_instead() {
  const bulkhead::PartitionConfig sender = partition(kBeta);
  partition(kBeta).doorbell_sources = partition(kAlpha).doorbell_sources;
  partition(kBeta).doorbell_source_count = 1;
  partition(kAlpha).doorbell_source_count = 0;
  partition(kAlpha).doorbells = sender.doorbells;
  partition(kAlpha).doorbell_slots = sender.doorbell_slots;
  bulkhead::System::Bells::listen(partition(kBeta));  // as it does once it is loaded
}
/// beta runs and opens its distributor for the doorbell.
void open_beta() {
  (void)store(*beta(), kGicd, 0x2 | 0x1);
  (void)store(*beta(), kGicd + 0x104, kDoorbellBit);
  machine.sgis.clear();
}
u32 rings(u32 times) {
  machine.sgis.clear();
  for (u32 i = 0; i < times; ++i) {
    (void)call(vcpu(kAlpha), kNotify, 0);
  }
  return static_cast<u32>(std::count_if(machine.sgis.begin(), machine.sgis.end(), [](const auto& sgi) { return sgi.first != 0; }));
}
bool core_has_it() {
  machine.core = 2;
  return list_of(kDoorbellIrq) >= 0;
}

}  // namespace

TEST_CASE("who rings for a partition outside its window interrupts nobody; it hears of it in its window", "[LLR-907][LLR-902]") {
  const u64 frame = boot_windows();
  ring_beta_instead();
  (void)tick(frame + kFrame);
  REQUIRE(tick(frame + 2 * kFrame) == beta());
  REQUIRE(tick(frame + 2 * kFrame + 8 * kMs) == gamma());
  REQUIRE(tick(frame + 3 * kFrame) == beta());  // from here on it listens
  open_beta();
  CHECK(rings(1) == 1);
  deliver_sgis();
  REQUIRE(core_has_it());
  guest_acknowledges(list_of(kDoorbellIrq));
  guest_ends(list_of(kDoorbellIrq));
  REQUIRE(tick(frame + 3 * kFrame + 8 * kMs) == gamma());
  CHECK(rings(5) == 0);
  CHECK_FALSE(core_has_it());
  REQUIRE(tick(frame + 4 * kFrame) == beta());
  CHECK(core_has_it());
  CHECK(rings(1) == 1);
}

TEST_CASE("a vCPU that has never run is away", "[LLR-907]") {
  power_on_state();
  share_core(true);
  run_boot_core();
  ring_beta_instead();
  CHECK(rings(3) == 0);
}

TEST_CASE("a window without a ring brings no doorbell", "[LLR-907]") {
  const u64 frame = boot_windows();
  ring_beta_instead();
  (void)tick(frame + 8 * kMs);
  REQUIRE(tick(frame + kFrame) == beta());
  open_beta();
  (void)tick(frame + kFrame + 8 * kMs);
  REQUIRE(tick(frame + 2 * kFrame) == beta());
  CHECK_FALSE(core_has_it());
}

TEST_CASE("of many rings for a vCPU that waits for its budget's turn one interrupts the core", "[LLR-907][LLR-1236]") {
  const u64 now = boot_budgets();
  constexpr u32 kWfiTrap = 0x01;
  ring_beta_instead();
  (void)tick(now);
  (void)trap(*beta(), kWfiTrap);
  REQUIRE(shared_core().resident == gamma());
  (void)interrupt(*gamma(), 41);  // an SPI of beta
  REQUIRE(shared_core().resident == beta());
  open_beta();
  (void)trap(*beta(), kWfiTrap);
  REQUIRE(shared_core().resident == gamma());
  shared_core().servers[0].deadline = shared_core().servers[1].deadline + kMs;  // gamma goes first
  CHECK(rings(1) == 1);                                                           // it may be a reason to run
  deliver_sgis();
  CHECK(shared_core().resident == gamma());
  CHECK(rings(5) == 0);
  CHECK(tick(now + 4 * kMs) == beta());
  CHECK(core_has_it());
  CHECK(rings(1) == 1);
}

TEST_CASE("a doorbell that is moved to a vCPU that is away waits for it", "[LLR-907][LLR-901]") {
  const u64 frame = boot_windows();
  ring_beta_instead();
  (void)tick(frame + 8 * kMs);
  REQUIRE(tick(frame + kFrame) == beta());
  REQUIRE(tick(frame + kFrame + 8 * kMs) == gamma());
  bulkhead::System::Bells::listen(partition(kBeta));
  CHECK(rings(3) == 0);
}

namespace {

constexpr bool kV3 = bulkhead::FeatureSet::Gic::kVersion == 3;

Vcpu* second() { return &vcpu(kAlpha, 1); }

/// alpha's second vCPU has run in beta's windows and taken interrupts; gamma is resident. Start of the frame.
u64 boot_second_vcpu() {
  power_on_state();
  share_core(true);
  share_second_vcpu();
  run_boot_core();
  deliver_sgis();
  REQUIRE(call(vcpu(kAlpha), 0xC400'0003, 1, kRam + 0x400) == Outcome::kGoesOn);  // CPU_ON
  u64 frame = epoch();
  for (u32 i = 0; i < 4; ++i, frame += kFrame) {
    (void)tick(frame + kMs);
    (void)tick(frame + 9 * kMs);
  }
  REQUIRE(second()->power == Power::kOn);
  REQUIRE(tick(frame) == second());
  (void)store(*second(), kGicd, kV3 ? 2 : 1);
  (void)store(*second(), kGicd + 0x104, u32{7} << (kConsoleIrq - 32));
  REQUIRE(tick(frame + 8 * kMs) == gamma());
  machine.sgis.clear();
  return frame;
}
void send_to_second(u32 id) {
  if (kV3) {
    (void)system_register(vcpu(kAlpha), 3, 0, 12, 11, 5, false, (u64{id} << 24) | 2);
  } else {
    (void)store(vcpu(kAlpha), kGicd + 0xF00, (u64{2} << 16) | id);
  }
}
/// Interrupts of others to core 2.
u32 told() {
  return static_cast<u32>(std::count_if(machine.sgis.begin(), machine.sgis.end(), [](const auto& sgi) { return (sgi.first & 4) != 0; }));
}

}  // namespace

TEST_CASE("an SGI for a vCPU that is away interrupts nobody there, and comes with it", "[LLR-907][LLR-088]") {
  const u64 frame = boot_second_vcpu();
  for (u32 id = 1; id < 4; ++id) {
    send_to_second(id);
  }
  CHECK(told() == 0);
  REQUIRE(tick(frame + kFrame) == second());
  machine.core = 2;
  for (int id = 1; id < 4; ++id) {
    CHECK(list_of(id) >= 0);
  }
  CHECK(second()->reach.left == 0);
  send_to_second(4);  // resident: its core is told
  CHECK(told() == 1);
  deliver_sgis();
  machine.core = 2;
  CHECK(list_of(4) >= 0);
}

TEST_CASE("an SGI under way while its vCPU leaves is found when that comes", "[LLR-907][LLR-303]") {
  const u64 frame = boot_second_vcpu();
  REQUIRE(tick(frame + kFrame) == second());
  send_to_second(5);
  REQUIRE(told() == 1);
  REQUIRE(tick(frame + kFrame + 8 * kMs) == gamma());
  deliver_sgis();  // in gamma's window
  REQUIRE(shared_core().resident == gamma());
  REQUIRE(tick(frame + 2 * kFrame) == second());
  machine.core = 2;
  CHECK(list_of(5) >= 0);
}

TEST_CASE("a vCPU that comes while somebody leaves it something is told", "[LLR-907]") {
  (void)boot_second_vcpu();
  bulkhead::Reach& reach = second()->reach;
  const u64 wake = context(kBeta).wake;
  // It says that it is there between the sender's first look and the second.
  machine.on_barrier = [&] { reach.wake = reach.left != 0 ? wake : 0; };
  send_to_second(6);
  machine.on_barrier = nullptr;
  CHECK(told() == 1);
}

TEST_CASE("a distributor that a vCPU opens or closes is so for one that comes later", "[LLR-907][LLR-303]") {
  const u64 frame = boot_second_vcpu();
  (void)store(vcpu(kAlpha), kGicd, 0);
  CHECK(told() == 0);
  REQUIRE(second()->control_seen != 0);
  REQUIRE(tick(frame + kFrame) == second());
  CHECK(second()->control_seen == 0);
}

TEST_CASE("a console's interrupt for a vCPU that is away interrupts nobody there, and comes with it", "[LLR-907][LLR-204]") {
  const u64 frame = boot_second_vcpu();
  if (kV3) {
    (void)store(vcpu(kAlpha), kGicd + 0x6000 + u64{kConsoleIrq} * 8, 1, {8});
  } else {
    (void)store(vcpu(kAlpha), kGicd + 0x800 + kConsoleIrq, 2, {1});
  }
  (void)store(vcpu(kAlpha), kPl011 + 0x38, 0x20);  // transmit interrupt
  (void)store(vcpu(kAlpha), kPl011, 'x');
  CHECK(told() == 0);
  REQUIRE(tick(frame + kFrame) == second());
  machine.core = 2;
  CHECK(list_of(kConsoleIrq) >= 0);
}

TEST_CASE("a doorbell that rang for the former receiver reaches the one that it was moved to", "[LLR-901][LLR-907]") {
  const u64 frame = boot_second_vcpu();
  const auto move_to = [](u32 index) {
    if (kV3) {
      (void)store(vcpu(kAlpha), kGicd + 0x6000 + u64{kDoorbellIrq} * 8, index, {8});
    } else {
      (void)store(vcpu(kAlpha), kGicd + 0x800 + kDoorbellIrq, 1U << index, {1});
    }
  };
  move_to(1);
  (void)call(vcpu(kBeta), kNotify, 0);
  CHECK(told() == 0);
  SECTION("from one that is away to one that runs") {
    move_to(0);
    deliver_sgis();
    machine.core = 0;
    CHECK(list_of(kDoorbellIrq) >= 0);
  }
  SECTION("from one that runs to one that is away") {
    REQUIRE(tick(frame + kFrame) == second());
    REQUIRE(tick(frame + kFrame + 8 * kMs) == gamma());
    move_to(0);
    machine.sgis.clear();
    (void)call(vcpu(kBeta), kNotify, 0);
    machine.sgis.clear();  // not yet there
    move_to(1);
    CHECK(told() == 0);
    REQUIRE(tick(frame + 2 * kFrame) == second());
    machine.core = 2;
    CHECK(list_of(kDoorbellIrq) >= 0);
  }
}

TEST_CASE("who rings before the receiver has been loaded is heard at the next turn", "[LLR-907][LLR-902]") {
  power_on_state();
  share_core(false);
  ring_beta_instead();
  bulkhead::DoorbellState& bell = *partition(kBeta).doorbell_sources[0].state;
  bell.reach = nullptr;
  machine.on_barrier = [&] { bell.rung = beta()->loading != 0 ? 1 : bell.rung; };  // by somebody who was quicker
  run_boot_core();
  machine.on_barrier = nullptr;
  REQUIRE(bell.rung == 1);
  const u64 now = register_of<bulkhead::CntpctEl0>() + kMs;
  REQUIRE(tick(now) == beta());
  REQUIRE(bell.reach != nullptr);
  open_beta();
  CHECK(core_has_it());
}
