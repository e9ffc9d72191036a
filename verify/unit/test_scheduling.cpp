// SPDX-License-Identifier: Apache-2.0
// Cores with several vCPUs: windows, module schedules, budgets, what a switch moves.
#include <string>

#include "shared_core.hpp"

using namespace fake;
using bulkhead::Waiting;

namespace {

constexpr u64 kWindowWait = 0xC600'0002;
constexpr u64 kSetSchedule = 0xC600'0007;
constexpr u64 kGetSchedule = 0xC600'0008;
constexpr u64 kSwitch = 1000;  // a budget is paid from the end of the switch: one more look at the model's clock

void set_schedule(u64 id, u64 now) {
  register_of<bulkhead::CntpctEl0>() = now - 1000;
  (void)call(vcpu(kGamma), kSetSchedule, id);
}

}  // namespace

TEST_CASE("a window runs its vCPU from its start to its end", "[LLR-1210][LLR-1200]") {
  const u64 frame = boot_windows();
  CHECK(tick(frame) == beta());
  CHECK(armed() == frame + 8 * kMs);
  CHECK(tick(frame + 8 * kMs - 1) == beta());
  CHECK(tick(frame + 8 * kMs) == gamma());
  CHECK(armed() == frame + 16 * kMs);
  CHECK(tick(frame + 16 * kMs) == nullptr);  // a gap: the core sleeps
  CHECK(armed() == frame + kFrame);
  CHECK(tick(frame + kFrame) == beta());
}

TEST_CASE("a core that comes late steps over whole frames", "[LLR-1211][LLR-1215]") {
  const u64 frame = boot_windows();
  (void)tick(frame);
  const u64 ordinal = shared_core().position.ordinal;
  CHECK(tick(frame + 7 * kFrame + 9 * kMs) == gamma());
  CHECK(shared_core().position.ordinal == ordinal + 7);
  CHECK(shared_core().position.frame_start == frame + 7 * kFrame);
  CHECK((frame - epoch()) % kFrame == 0);
}

TEST_CASE("a schedule asked for begins with the next frame", "[LLR-1212][LLR-1214][LLR-1216]") {
  const u64 frame = boot_windows();
  partition(kGamma).may_schedule = 2;
  (void)tick(frame + 8 * kMs);
  set_schedule(5, frame + 9 * kMs);
  CHECK(gamma()->x[0] == 0);
  register_of<bulkhead::CntpctEl0>() = frame + 10 * kMs;
  (void)call(*gamma(), kGetSchedule);
  CHECK(gamma()->x[1] == 0);
  CHECK(gamma()->x[2] == 5);
  CHECK(gamma()->x[3] == 0);
  CHECK(tick(frame + 12 * kMs) == gamma());  // this frame stays as it is
  CHECK(tick(frame + kFrame) == nullptr);    // the other begins with a gap
  CHECK(armed() == frame + kFrame + 2 * kMs);
  CHECK(tick(frame + kFrame + 2 * kMs) == gamma());
  CHECK(tick(frame + kFrame + 10 * kMs + 2 * kMs) == gamma());  // its frames are 10 ms long
  (void)call(*gamma(), kGetSchedule);
  CHECK(gamma()->x[1] == 5);
  CHECK(gamma()->x[2] == 5);
  CHECK(gamma()->x[3] == frame + kFrame);
}

TEST_CASE("a request just before a frame takes effect one frame later", "[LLR-1212]") {
  const u64 frame = boot_windows();
  partition(kGamma).may_schedule = 2;
  (void)tick(frame + 8 * kMs);
  set_schedule(5, frame + kFrame - 500);  // 8 us
  CHECK(tick(frame + kFrame) == beta());
  CHECK(shared_core().position.schedule == 0);
  (void)tick(frame + 2 * kFrame);
  CHECK(shared_core().position.schedule == 1);
}

TEST_CASE("of two requests in a frame the last counts; back to the present one changes nothing", "[LLR-1213][LLR-1214]") {
  const u64 frame = boot_windows();
  partition(kGamma).may_schedule = 3;
  (void)tick(frame + 8 * kMs);
  set_schedule(5, frame + 9 * kMs);
  set_schedule(0, frame + 10 * kMs);
  CHECK(schedule_log().count == 1);
  CHECK(tick(frame + kFrame) == beta());
  CHECK(shared_core().position.last_switch == 0);
}

TEST_CASE("a ninth change before a core has followed the first is refused", "[LLR-1213]") {
  const u64 frame = boot_windows();
  partition(kGamma).may_schedule = 3;
  (void)tick(frame + 8 * kMs);
  // The core stands still while eight frames pass, each with a request.
  for (u32 i = 0; i < 8; ++i) {
    set_schedule(i % 2 == 0 ? 5 : 0, frame + 9 * kMs + i * kFrame);
    CHECK(gamma()->x[0] == 0);
  }
  set_schedule(5, frame + 9 * kMs + 8 * kFrame);
  CHECK(gamma()->x[0] == kBusy);
  (void)tick(frame + 9 * kFrame);
  CHECK(shared_core().position.adopted == 8);
  CHECK(shared_core().position.schedule == 0);
}

TEST_CASE("a request while another is being written is refused", "[LLR-1213]") {
  (void)boot_windows();
  partition(kGamma).may_schedule = 2;
  schedule_log().claim = 1;
  (void)call(*gamma(), kSetSchedule, 5);
  CHECK(gamma()->x[0] == kBusy);
  CHECK(schedule_log().count == 0);
}

TEST_CASE("who has no privilege for a schedule is denied, and an unknown one is invalid", "[LLR-1214]") {
  (void)boot_windows();
  partition(kGamma).may_schedule = 1;
  (void)call(*gamma(), kSetSchedule, 5);
  CHECK(gamma()->x[0] == kDenied);
  (void)call(*beta(), kSetSchedule, 0);
  CHECK(beta()->x[0] == kDenied);
  (void)call(*gamma(), kSetSchedule, 1);
  CHECK(gamma()->x[0] == kInvalid);
  CHECK(schedule_log().count == 0);
  deliver_sgis();
  CHECK(machine.transmitted.find("gamma health event: schedule: denied") != std::string::npos);
}

TEST_CASE("a start action restarts its partition when the schedule begins", "[LLR-1217]") {
  const u64 frame = boot_windows();
  add_start_action(1, kBeta);
  add_start_action(0, kBeta);
  partition(kGamma).may_schedule = 3;
  (void)tick(frame + 8 * kMs);
  set_schedule(5, frame + 9 * kMs);
  (void)tick(frame + kFrame + 3 * kMs);
  CHECK(partition(kBeta).state->command == bulkhead::Command::kColdRestart);
  CHECK(partition(kBeta).state->restarts == 0);  // it has no window in which to follow
  set_schedule(0, frame + kFrame + 4 * kMs);
  (void)tick(frame + kFrame + 10 * kMs + kMs);
  CHECK(partition(kBeta).state->restarts == 1);
}

TEST_CASE("start actions are not counted against the partition's limit", "[LLR-1114][LLR-1217]") {
  u64 frame = boot_windows();
  add_start_action(0, kBeta);
  partition(kGamma).may_schedule = 3;
  for (u32 change = 0; change < 4; ++change) {  // there and back; beta may restart itself twice
    set_schedule(5, frame + 9 * kMs);
    frame += kFrame;
    (void)tick(frame + kMs);
    set_schedule(0, frame + 3 * kMs);
    frame += 10 * kMs;
    (void)tick(frame + kMs);
    CHECK(partition(kBeta).state->restarts == change + 1);
    CHECK(partition(kBeta).state->mode == bulkhead::PartitionMode::kColdStart);
  }
}

TEST_CASE("a vCPU that gives up its window comes back with the next one", "[LLR-1219][LLR-1205]") {
  const u64 frame = boot_windows();
  (void)tick(frame);
  CHECK(call(*beta(), kWindowWait) == Outcome::kSlept);
  CHECK(beta()->x[0] == 0);
  CHECK(context(kBeta).waiting == Waiting::kForWindow);
  CHECK(tick(frame + 2 * kMs) == nullptr);
  CHECK(tick(frame + 8 * kMs) == gamma());
  CHECK(tick(frame + kFrame) == beta());
  CHECK(context(kBeta).waiting == Waiting::kNo);
}

TEST_CASE("a partition that was to give up its window and did not has missed its deadline", "[LLR-1218]") {
  const u64 frame = boot_windows();
  partition(kBeta).overrun_event = 1;
  (void)tick(frame);
  (void)call(*beta(), kWindowWait);
  (void)tick(frame + 8 * kMs);
  CHECK(partition(kBeta).state->logged == 0);
  (void)tick(frame + kFrame);
  (void)tick(frame + kFrame + 8 * kMs);
  CHECK(partition(kBeta).state->logged == 1);
  CHECK(partition(kGamma).state->logged == 0);
}

TEST_CASE("a switch moves every register of a vCPU", "[LLR-1201][LLR-1203]") {
  const u64 frame = boot_windows();
  (void)tick(frame);
  register_of<bulkhead::ElrEl2>() = 0x1111;
  register_of<bulkhead::Ttbr0El1>() = 0x2222;
  register_of<bulkhead::SpEl0>() = 0x3333;
  register_of<bulkhead::CntkctlEl1>() = 0x4;
  register_of<bulkhead::CntvCvalEl0>() = 0x5555;
  register_of<bulkhead::CntvCtlEl0>() = 1;
  machine.banked_enabled[2] |= u32{1} << 27;
  machine.banked_active[2] |= u32{1} << 27;
  CHECK(tick(frame + 8 * kMs) == gamma());
  CHECK(register_of<bulkhead::Ttbr0El1>() != 0x2222);
  CHECK(register_of<bulkhead::SpEl0>() == 0);
  CHECK(register_of<bulkhead::CntvCtlEl0>() == 0);
  CHECK(register_of<bulkhead::VttbrEl2>() == partition(kGamma).vttbr);
  CHECK((machine.banked_enabled[2] & (u32{1} << 27)) == 0);
  CHECK((machine.banked_active[2] & (u32{1} << 27)) == 0);
  CHECK((machine.banked_enabled[2] & (u32{1} << 26)) != 0);  // the kernel's own timer
  register_of<bulkhead::ElrEl2>() = 0x9999;
  (void)tick(frame + kFrame);
  CHECK(register_of<bulkhead::ElrEl2>() == 0x1111);
  CHECK(register_of<bulkhead::Ttbr0El1>() == 0x2222);
  CHECK(register_of<bulkhead::SpEl0>() == 0x3333);
  CHECK(register_of<bulkhead::CntkctlEl1>() == 0x4);
  CHECK(register_of<bulkhead::CntvCvalEl0>() == 0x5555);
  CHECK(register_of<bulkhead::CntvCtlEl0>() == 1);
  CHECK(register_of<bulkhead::VttbrEl2>() == partition(kBeta).vttbr);
  CHECK((machine.banked_active[2] & (u32{1} << 27)) != 0);
  CHECK((machine.banked_enabled[2] & (u32{1} << 27)) != 0);
}

TEST_CASE("list registers go with their vCPU", "[LLR-1202]") {
  const u64 frame = boot_windows();
  (void)tick(frame);
  (void)interrupt(*beta(), 27);
  REQUIRE(list_of(27) >= 0);
  (void)tick(frame + 8 * kMs);
  CHECK(list_of(27) < 0);
  (void)tick(frame + kFrame);
  CHECK(list_of(27) >= 0);
  CHECK(list_pending(list_of(27)));
}

TEST_CASE("an SPI of a partition that is away waits, and comes with it", "[LLR-1203][LLR-1206]") {
  const u64 frame = boot_windows();
  (void)tick(frame);
  (void)store(*beta(), kGicd + 0x104, u32{1} << 9);
  CHECK((machine.enabled[1] & (u32{1} << 9)) != 0);
  (void)tick(frame + 8 * kMs);
  CHECK((machine.enabled[1] & (u32{1} << 9)) == 0);
  // It was on its way already: taken once, switched off, an edge put back.
  machine.enabled[1] |= u32{1} << 9;
  machine.config[2] |= u32{2} << (9 * 2);
  (void)interrupt(*gamma(), 41);
  CHECK((machine.enabled[1] & (u32{1} << 9)) == 0);
  CHECK((machine.pending[1] & (u32{1} << 9)) != 0);
  CHECK(machine.deactivated.back() == 41);
  (void)tick(frame + kFrame);
  CHECK((machine.enabled[1] & (u32{1} << 9)) != 0);
  CHECK(value_at(*beta(), kGicd + 0x104) == (u32{1} << 9));
  (void)store(*beta(), kGicd + 0x184, u32{1} << 9);
  (void)tick(frame + kFrame + 8 * kMs);
  (void)tick(frame + 2 * kFrame);
  CHECK((machine.enabled[1] & (u32{1} << 9)) == 0);
}

TEST_CASE("SIMD registers are exchanged at the first touch and cleared at a start", "[LLR-1204]") {
  const u64 frame = boot_windows();
  constexpr u32 kSimdTrap = 0x07;
  constexpr u64 kTfp = u64{1} << 10;
  (void)tick(frame);
  CHECK((register_of<bulkhead::CptrEl2>() & kTfp) != 0);
  machine.simd = 0x77;  // whatever ran before
  CHECK(trap(*beta(), kSimdTrap) == Outcome::kGoesOn);
  CHECK((register_of<bulkhead::CptrEl2>() & kTfp) == 0);
  CHECK(machine.simd == 0);
  machine.simd = 0xBEBE;
  (void)tick(frame + 8 * kMs);
  CHECK((register_of<bulkhead::CptrEl2>() & kTfp) != 0);
  CHECK(machine.simd == 0xBEBE);  // lazily
  (void)trap(*gamma(), kSimdTrap);
  CHECK(machine.simd == 0);
  machine.simd = 0x6A6A;
  (void)tick(frame + kFrame);
  (void)trap(*beta(), kSimdTrap);
  CHECK(machine.simd == 0xBEBE);
  (void)call(*beta(), 0x8400'0009);  // SYSTEM_RESET
  (void)tick(frame + 2 * kFrame + kMs);
  REQUIRE(partition(kBeta).state->restarts == 1);
  REQUIRE(beta()->power == Power::kOn);
  CHECK((register_of<bulkhead::CptrEl2>() & kTfp) != 0);
  (void)trap(*beta(), kSimdTrap);
  CHECK(machine.simd == 0);
}

TEST_CASE("an order for a partition that is away is followed in its own window", "[LLR-1205][LLR-1237]") {
  const u64 frame = boot_windows();
  partition(kGamma).may_control = u64{1} << id_of(kBeta);
  (void)tick(frame + 8 * kMs);
  (void)call(*gamma(), 0xC600'0006, id_of(kBeta), 0);
  deliver_sgis();
  CHECK(beta()->power == Power::kOn);
  CHECK(tick(frame + 10 * kMs) == gamma());
  CHECK(tick(frame + kFrame) == nullptr);
  CHECK(beta()->power == Power::kOff);
  CHECK(tick(frame + kFrame + 8 * kMs) == gamma());
}

TEST_CASE("the earliest end of a period runs first, for its budget", "[LLR-1230][LLR-1231][LLR-1232]") {
  const u64 now = boot_budgets();
  CHECK(tick(now) == beta());  // equal ends: the first declared
  CHECK(armed() == now + kSwitch + 4 * kMs);
  CHECK(tick(now + kSwitch + 4 * kMs) == gamma());
  CHECK(armed() == now + 2 * kSwitch + 7 * kMs);
  CHECK(tick(now + 2 * kSwitch + 7 * kMs) == nullptr);
  CHECK(armed() == now + 10 * kMs);
  CHECK(tick(now + 10 * kMs) == beta());
  CHECK(shared_core().servers[0].left == 4 * kMs);
  CHECK(tick(now + 12 * kMs) == beta());
  CHECK(shared_core().servers[0].left == 2 * kMs + kSwitch);
  CHECK(tick(now + 20 * kMs) == beta());  // nothing of the old budget is left over
  CHECK(shared_core().servers[0].left == 4 * kMs);
}

TEST_CASE("an earlier end preempts", "[LLR-1230]") {
  const u64 now = boot_budgets();
  server(kGamma).period_ns = 3'000'000;
  server(kGamma).budget_ns = 1'000'000;
  CHECK(tick(now) == gamma());
  CHECK(tick(now + kSwitch + kMs) == beta());
  CHECK(armed() == now + 3 * kMs);  // gamma's next budget comes before beta's is spent
  CHECK(tick(now + 3 * kMs) == gamma());
  CHECK(shared_core().servers[0].left == 2 * kMs + 2 * kSwitch);
  CHECK(tick(now + kSwitch + 4 * kMs) == beta());
}

TEST_CASE("extra time comes after everybody's budget", "[LLR-1233]") {
  const u64 now = boot_budgets();
  server(kBeta).extratime = 1;
  CHECK(tick(now) == beta());
  CHECK(tick(now + kSwitch + 4 * kMs) == gamma());
  CHECK(tick(now + 2 * kSwitch + 7 * kMs) == beta());
  CHECK(shared_core().servers[0].level == 1);
  CHECK(tick(now + 10 * kMs) == beta());
  CHECK(shared_core().servers[0].level == 0);
}

TEST_CASE("a spent budget is an event where the partition asks for it", "[LLR-1234]") {
  const u64 now = boot_budgets();
  partition(kBeta).overrun_event = 1;
  (void)tick(now);
  (void)tick(now + kSwitch + 4 * kMs);
  CHECK(partition(kBeta).state->logged == 1);
  CHECK(partition(kGamma).state->logged == 0);
}

TEST_CASE("giving up a budget lasts until the next refill", "[LLR-1235]") {
  const u64 now = boot_budgets();
  (void)tick(now);
  register_of<bulkhead::CntpctEl0>() = now + kMs;
  (void)call(*beta(), kWindowWait);
  CHECK(shared_core().resident == gamma());
  CHECK(tick(now + 3 * kMs) == gamma());
  CHECK(tick(now + 5 * kMs) == nullptr);
  CHECK(armed() == now + 10 * kMs);  // not asleep for ever
  CHECK(tick(now + 10 * kMs) == beta());
}

TEST_CASE("a vCPU that waits leaves the core, keeps its budget, and comes back for an interrupt of its own", "[LLR-1236]") {
  const u64 now = boot_budgets();
  constexpr u32 kWfiTrap = 0x01;
  (void)tick(now);
  register_of<bulkhead::CntvCtlEl0>() = 1;
  register_of<bulkhead::CntvCvalEl0>() = now + 3 * kMs;
  register_of<bulkhead::CntpctEl0>() = now + kMs;
  (void)trap(*beta(), kWfiTrap);
  CHECK(context(kBeta).waiting == Waiting::kForInterrupt);
  CHECK(shared_core().resident == gamma());
  CHECK(armed() == now + 3 * kMs);  // beta's timer
  CHECK(tick(now + 3 * kMs) == beta());
  CHECK(shared_core().servers[0].left > 2 * kMs);
  register_of<bulkhead::CntvCtlEl0>() = 0;
  (void)trap(*beta(), kWfiTrap);
  CHECK(shared_core().resident == gamma());
  (void)interrupt(*gamma(), 41);  // an SPI of beta
  CHECK(shared_core().resident == beta());
}
