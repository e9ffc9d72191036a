// SPDX-License-Identifier: Apache-2.0
// Bandwidth budgets: the counter of a core, stops and fills, shared cores, the account. Times are ticks of 62.5 MHz.
#include <catch2/catch.hpp>

#include "base/epitaph.hpp"
#include "system.hpp"

extern "C" bulkhead::Epitaph bulkhead_epitaph;

using namespace fake;
using bulkhead::BudgetState;
using bulkhead::EpitaphId;
using bulkhead::Power;
using bulkhead::Vcpu;

namespace {

constexpr u64 kMs = 62'500;
constexpr u32 kBudget = 2000;
constexpr u32 kBusAccess = 0x19;
constexpr u64 kLook = 1000;             // the model's clock moves by that whenever it is read
constexpr u32 kBetaIrq = 41;

BudgetState& state() { return *budget(kBeta).state; }
Vcpu& beta() { return vcpu(kBeta); }
u64& counter() { return register_of<bulkhead::PmxevcntrEl0>(); }
u64 armed() { return register_of<bulkhead::CnthpCvalEl2>(); }
bool counts() { return (register_of<bulkhead::PmcntensetEl0>() & 0x20) != 0; }
u64& clock_now() { return register_of<bulkhead::CntpctEl0>(); }

void limit_beta(u64 period_ns) { budget(kBeta) = {budget(kBeta).state, period_ns, kBudget, kBusAccess}; }

/// Boots with a budget on beta, whose core is its own.
void boot_limited() {
  power_on_state();
  limit_beta(1'000'000);
  run_boot_core();
  deliver_sgis();
  machine.core = 2;
  machine.sgis.clear();
}
/// Beta used its budget and `more`.
void use_up(u32 more) { counter() = more; }

/// The timer of beta's own core.
Vcpu* time_is(u64 when) {
  machine.core = 2;
  clock_now() = when;
  machine.acknowledge.push_back(26);
  Vcpu* next = nullptr;
  (void)outcome_of([&] { next = idle(*beta().core); });
  return next;
}

}  // namespace

TEST_CASE("a core with a budget has its last counter set up for EL2, others have none", "[LLR-1180][LLR-1181]") {
  boot_limited();
  const bulkhead::MdcrEl2 control{register_of<bulkhead::MdcrEl2>()};
  CHECK(machine.banked_enabled[2] == (machine.banked_enabled[2] | (u32{1} << kCounterIrq)));
  CHECK((machine.banked_enabled[1] & (u32{1} << kCounterIrq)) == 0);
  CHECK(register_of<bulkhead::PmselrEl0>() == 5);
  CHECK(register_of<bulkhead::PmintensetEl1>() == 0x20);
  CHECK(counts());
  CHECK(register_of<bulkhead::PmxevtyperEl0>() == kBusAccess);  // filter bits 0: EL1 and EL0, not EL2
  CHECK(counter() == u32{0} - kBudget);
  CHECK(state().period == kMs);
  // The model has one set of these registers: the core that booted last, gamma's, has all counters as a guest would.
  CHECK(control.get<bulkhead::MdcrEl2::Tpm>() == 1);
  CHECK(control.get<bulkhead::MdcrEl2::Tpmcr>() == 1);
}

TEST_CASE("EL2's counter is out of the guests' range", "[LLR-1180]") {
  power_on_state();
  budget(kGamma) = {budget(kGamma).state, 1'000'000, kBudget, kBusAccess};  // on the core that boots last
  run_boot_core();
  const bulkhead::MdcrEl2 control{register_of<bulkhead::MdcrEl2>()};
  CHECK(control.get<bulkhead::MdcrEl2::Hpmn>() == 5);
  CHECK(control.get<bulkhead::MdcrEl2Hpme>() == 1);
  CHECK(control.get<bulkhead::MdcrEl2::Tpm>() == 1);
  CHECK((register_of<bulkhead::PmcrEl0>() & 1) == 1);
}

TEST_CASE("a core that cannot count ends in its epitaph", "[LLR-1180]") {
  power_on_state();
  limit_beta(1'000'000);
  SECTION("one counter is not enough") { register_of<bulkhead::PmcrEl0>() = u64{1} << 11; }
  SECTION("no performance monitors") {
    register_of<bulkhead::IdAa64dfr0El1>() = 0;
    require_counters();
  }
  SECTION("monitors that the architecture does not describe") {
    register_of<bulkhead::IdAa64dfr0El1>() = u64{0xF} << 8;
    require_counters();
  }
  SECTION("not this event") {
    register_of<bulkhead::Pmceid0El0>() = 1;
    require_counters();
  }
  run_boot_core();
  CHECK(bulkhead_epitaph.id == EpitaphId::kEventCounter);
  CHECK(bulkhead_epitaph.address == kBusAccess);
  CHECK(machine.transmitted.find("epitaph event-counter: a core does not count") != std::string::npos);
}

TEST_CASE("an image for the emulator takes what its cores count", "[LLR-1180]") {
  power_on_state();
  limit_beta(1'000'000);
  register_of<bulkhead::Pmceid0El0>() = 0;
  run_boot_core();
  CHECK(bulkhead_epitaph.id == EpitaphId::kNone);
}

TEST_CASE("a budget spent within its period stops the vCPU until the period's end", "[LLR-1183][LLR-1184]") {
  boot_limited();
  const u64 begun = state().begun = clock_now();
  clock_now() += kMs / 10;
  use_up(3);
  register_of<bulkhead::PmcntensetEl0>() = 0;
  CHECK(interrupt(beta(), kCounterIrq) == Outcome::kSlept);
  CHECK_FALSE(counts());
  CHECK(state().stopped == 1);
  CHECK(state().stops == 1);
  CHECK(state().events == kBudget + 3);
  CHECK(armed() == begun + kMs);
  CHECK(machine.deactivated.back() == kCounterIrq);

  // An interrupt of its own finds it as it will find the interrupt: in a list register.
  machine.acknowledge.push_back(kBetaIrq);
  register_of<bulkhead::CntpctEl0>() = begun + kMs / 2;
  CHECK(outcome_of([&] { (void)idle(*beta().core); }) == Outcome::kSlept);
  REQUIRE(list_of(kBetaIrq) >= 0);
  CHECK(list_pending(list_of(kBetaIrq)));

  CHECK(time_is(begun + kMs / 2) == nullptr);  // too early: an interrupt for somebody else
  CHECK(time_is(begun + kMs) == &beta());
  CHECK(state().stopped == 0);
  CHECK(state().armed == kBudget - 3);         // what was had too much is paid back
  CHECK(state().owed == 0);
  CHECK(counter() == u32{0} - (kBudget - 3));
  CHECK(state().stalled > kMs / 2);
  CHECK(state().stalled < kMs);  // from the stop on, not from the filling
  CHECK(state().begun >= begun + kMs);
  CHECK((register_of<bulkhead::CnthpCtlEl2>() & 1) == 0);  // no tick while it runs
}

TEST_CASE("a core that was awake when the period ended goes on without the timer's interrupt", "[LLR-1184]") {
  boot_limited();
  const u64 begun = state().begun = clock_now();
  use_up(0);
  REQUIRE(interrupt(beta(), kCounterIrq) == Outcome::kSlept);
  REQUIRE((register_of<bulkhead::CnthpCtlEl2>() & 1) != 0);
  machine.core = 2;
  clock_now() = begun + kMs;
  machine.acknowledge.push_back(kBetaIrq);  // what woke it
  Vcpu* next = nullptr;
  (void)outcome_of([&] { next = idle(*beta().core); });
  CHECK(next == &beta());
  CHECK((register_of<bulkhead::CnthpCtlEl2>() & 1) == 0);  // nothing that would interrupt it at once
}

TEST_CASE("a budget that lasted its period is filled without a stop", "[LLR-1183]") {
  boot_limited();
  state().begun = clock_now();
  clock_now() += kMs;
  use_up(7);
  CHECK(interrupt(beta(), kCounterIrq) == Outcome::kGoesOn);
  CHECK(state().stops == 0);
  CHECK(state().armed == kBudget - 7);
  CHECK(counter() == u32{0} - (kBudget - 7));
  CHECK(state().begun > kMs);
}

TEST_CASE("more than a whole budget too much is paid back over several periods", "[LLR-1183]") {
  boot_limited();
  u64 now = clock_now();
  state().begun = now;
  use_up(2 * kBudget);
  (void)interrupt(beta(), kCounterIrq);
  CHECK(time_is(now + kMs) == &beta());
  CHECK(state().armed == 1);  // it gets on, if slowly
  CHECK(state().owed == kBudget + 1);
  machine.acknowledge.clear();  // the timer's: it was not asked for any more
  now = state().begun;
  use_up(3);
  CHECK(interrupt(beta(), kCounterIrq) == Outcome::kSlept);
  CHECK(state().owed == kBudget + 4);  // on top of what it owes
  CHECK(time_is(now + kMs) == &beta());
  CHECK(state().armed == 1);
  CHECK(state().owed == 5);
}

TEST_CASE("an interrupt of the counter that is nobody's any more stops the counter", "[LLR-1183]") {
  boot_limited();
  SECTION("a core without budgets") {
    register_of<bulkhead::PmcntenclrEl0>() = 0;
    register_of<bulkhead::PmovsclrEl0>() = 0;
    CHECK(interrupt(vcpu(kGamma), kCounterIrq) == Outcome::kGoesOn);
    CHECK(register_of<bulkhead::PmcntenclrEl0>() == 0xFFFF'FFFF);
    CHECK(register_of<bulkhead::PmovsclrEl0>() == 0xFFFF'FFFF);  // its line is down, or it would come for ever
  }
  SECTION("budget left") {
    counter() = u32{0} - 5;
    CHECK(interrupt(beta(), kCounterIrq) == Outcome::kGoesOn);
    CHECK(state().armed == 5);
    CHECK(counter() == u32{0} - 5);
  }
  SECTION("stopped already") {
    use_up(0);
    (void)interrupt(beta(), kCounterIrq);
    const u64 events = state().events;
    machine.acknowledge.push_back(kCounterIrq);
    CHECK(outcome_of([&] { (void)idle(*beta().core); }) == Outcome::kSlept);
    CHECK(state().events == events);
    CHECK(state().stops == 1);
  }
}

TEST_CASE("a counter whose interrupt is a shared one is heard at the kernel's priority", "[LLR-1180]") {
  power_on_state();
  limit_beta(1'000'000);
  constexpr u32 kSpi = 70;
  counter_irq(2) = kSpi;
  machine.priority[kSpi] = 0xA0;
  run_boot_core();
  deliver_sgis();
  CHECK(machine.priority[kSpi] == 0);
  state().begun = clock_now();
  use_up(0);
  CHECK(interrupt(beta(), kSpi) == Outcome::kSlept);
  CHECK(state().stopped == 1);
}

TEST_CASE("the timer of a partition that was halted while it stood still comes once", "[LLR-1184]") {
  boot_limited();
  const u64 begun = state().begun = clock_now();
  use_up(0);
  (void)interrupt(beta(), kCounterIrq);
  (void)call(vcpu(kGamma), 0xC600'0006, id_of(kBeta), 0);
  deliver_sgis();
  CHECK(beta().power == Power::kOff);
  CHECK(time_is(begun + kMs) == nullptr);
  CHECK((register_of<bulkhead::CnthpCtlEl2>() & 1) == 0);
}

TEST_CASE("a doorbell rung while the vCPU stands still is there when it goes on", "[LLR-1184]") {
  power_on_state();
  budget(kAlpha) = {budget(kAlpha).state, 1'000'000, kBudget, kBusAccess};
  run_boot_core();
  deliver_sgis();
  Vcpu& alpha = vcpu(kAlpha);
  machine.core = 0;
  machine.sgis.clear();
  (void)store(alpha, kGicd, 1);
  (void)store(alpha, kGicd + 0x104, u32{1} << (kDoorbellIrq - 32));
  const u64 begun = budget(kAlpha).state->begun = clock_now();
  use_up(0);
  CHECK(interrupt(alpha, kCounterIrq) == Outcome::kSlept);
  (void)call(beta(), 0xC600'0001, 0);  // rings alpha
  deliver_sgis();
  CHECK(list_of(kDoorbellIrq) < 0);
  machine.core = 0;
  clock_now() = begun + kMs;
  machine.acknowledge.push_back(26);
  CHECK(outcome_of([&] { (void)idle(*alpha.core); }) == Outcome::kGoesOn);
  CHECK(list_of(kDoorbellIrq) >= 0);
}

TEST_CASE("a restart does not fill the budget", "[LLR-1184]") {
  boot_limited();
  const u64 begun = state().begun = clock_now();
  use_up(0);
  (void)interrupt(beta(), kCounterIrq);
  (void)call(vcpu(kGamma), 0xC600'0006, id_of(kBeta), 3);  // control: cold restart
  clock_now() = begun + kMs / 2;
  deliver_sgis();
  CHECK(vcpu(kGamma).x[0] == 0);
  CHECK(beta().state->restarts == 1);
  CHECK(state().stopped == 1);  // loaded anew, and not yet started
  CHECK(state().stops == 1);
  CHECK(beta().power != Power::kOn);
  (void)time_is(begun + kMs);
  CHECK(beta().power == Power::kOn);
  CHECK(state().stopped == 0);
}

TEST_CASE("on a windows core a budget goes with its vCPU", "[LLR-1185][LLR-1184]") {
  power_on_state();
  share_core(true);
  limit_beta(2'000'000);
  run_boot_core();
  deliver_sgis();
  u64 frame = schedule_log().epoch;
  for (u32 i = 0; i < 4; ++i, frame += 20 * kMs) {
    (void)tick(frame + kMs);
    (void)tick(frame + 9 * kMs);
  }
  REQUIRE(beta().power == Power::kOn);
  CHECK(tick(frame) == &beta());
  CHECK(counts());
  counter() = u32{0} - 100;  // all but 100 used
  const u64 events = state().events;
  CHECK(tick(frame + 8 * kMs) == &vcpu(kGamma));
  CHECK(state().armed == 100);
  CHECK(state().events > events);
  CHECK(register_of<bulkhead::PmcntenclrEl0>() == 0xFFFF'FFFF);
  CHECK(counter() == u32{0} - 100);  // gamma's own events are none of its business

  frame += 20 * kMs;
  counter() = 0;
  SECTION("within the period, what is left is left") {
    state().begun = frame - kMs;
    CHECK(tick(frame) == &beta());
    CHECK(counter() == u32{0} - 100);
    CHECK(state().begun == frame - kMs);
  }
  SECTION("a window that begins after the period's end has one whole budget") {
    CHECK(tick(frame) == &beta());
    CHECK(counter() == u32{0} - kBudget);
    CHECK(state().begun >= frame);
  }
  state().begun = frame;
  state().armed = 100;
  use_up(4);
  machine.core = 2;
  clock_now() = frame + kMs - 2 * kLook;
  CHECK(interrupt(beta(), kCounterIrq) == Outcome::kSlept);  // its window is its own, and idle
  CHECK(state().stopped == 1);
  CHECK(armed() == frame + 2 * kMs);
  CHECK(tick(frame + 2 * kMs) == &beta());
  CHECK(state().armed == kBudget - 4);
  CHECK(armed() == frame + 8 * kMs);
}

TEST_CASE("a stop does not reach into another's window, and ends in the next of its own", "[LLR-1185]") {
  power_on_state();
  share_core(true);
  limit_beta(4'000'000);
  run_boot_core();
  deliver_sgis();
  u64 frame = schedule_log().epoch;
  for (u32 i = 0; i < 4; ++i, frame += 20 * kMs) {
    (void)tick(frame + kMs);
    (void)tick(frame + 9 * kMs);
  }
  (void)tick(frame + 6 * kMs);
  state().begun = frame + 6 * kMs;
  use_up(0);
  SECTION("stopped before the window ends") {
    machine.core = 2;
    clock_now() = frame + 7 * kMs;
    CHECK(interrupt(beta(), kCounterIrq) == Outcome::kSlept);
    CHECK(armed() == frame + 8 * kMs);
  }
  SECTION("spent when the window ends, the interrupt still to come") {}
  CHECK(tick(frame + 8 * kMs) == &vcpu(kGamma));
  CHECK(state().stopped == 1);
  CHECK(armed() == frame + 16 * kMs);  // not at 10 ms, when the period is over
  CHECK(interrupt(vcpu(kGamma), kCounterIrq) == Outcome::kGoesOn);
  CHECK(tick(frame + 20 * kMs) == &beta());
  CHECK(state().stopped == 0);
  CHECK(counts());
}

TEST_CASE("on an rtds core who stands still leaves the core to others", "[LLR-1186]") {
  power_on_state();
  share_core(false);
  limit_beta(2'000'000);
  run_boot_core();
  deliver_sgis();
  u64 now = clock_now() + kMs;
  for (u32 i = 0; i < 8; ++i, now += 10 * kMs) {
    (void)tick(now);
    (void)tick(now + 4 * kMs);
    (void)tick(now + 8 * kMs);
  }
  REQUIRE(beta().power == Power::kOn);
  shared_core().servers[0] = {now, 0, 0};
  shared_core().servers[1] = {now, 0, 0};
  shared_core().running = bulkhead::kNoServer;
  state().begun = now;
  CHECK(tick(now) == &beta());
  machine.core = 2;
  use_up(0);
  clock_now() = now + kMs - 4 * kLook;
  machine.acknowledge.push_back(kCounterIrq);
  Vcpu* next = nullptr;
  (void)outcome_of([&] { next = bulkhead_on_irq(&beta()); });
  CHECK(next == &vcpu(kGamma));
  CHECK(armed() == now + 2 * kMs);
  CHECK(tick(now + 2 * kMs) == &beta());  // equal deadlines: the first declared
  CHECK(state().stopped == 0);
  CHECK(state().stops == 1);
}

TEST_CASE("the status says what was counted and how long it stood still", "[LLR-1187]") {
  boot_limited();
  BudgetState& own = state();
  own.events = 123'456'789'012;
  own.stops = 42;
  own.stalled = 62'500'000ULL * 5000 + 625;  // 5,000 s and 10 us
  // Alpha has a budget on each of its two cores.
  for (u32 i = 0; i < 2; ++i) {
    budget(kAlpha, i).budget = 1;
    budget(kAlpha, i).state->events = 100 + i;
    budget(kAlpha, i).state->stops = 10 + i;
    budget(kAlpha, i).state->stalled = 62'500 * (1 + i);
  }
  machine.transmitted.clear();
  machine.typed = {0x1D, 's'};
  (void)interrupt(vcpu(kAlpha), 33);
  deliver_sgis();
  CHECK(machine.transmitted.find("beta: cold start, restarts 0, console bytes lost 0, bandwidth events 123456789012, "
                                 "periods throttled 42, stalled us 5000000010\r\n") != std::string::npos);
  CHECK(machine.transmitted.find("alpha: cold start, restarts 0, console bytes lost 0, bandwidth events 201, periods throttled 21, "
                                 "stalled us 3000\r\n") != std::string::npos);
  CHECK(machine.transmitted.find("gamma: cold start, restarts 0\r\n") != std::string::npos);
}
