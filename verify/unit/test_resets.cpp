// SPDX-License-Identifier: Apache-2.0
// Reset lines of devices when their partition restarts.
#include <catch2/catch.hpp>

#include <algorithm>

#include "main/system.hpp"
#include "system.hpp"

using namespace fake;
using bulkhead::Power;
using bulkhead::Vcpu;
using Resets = bulkhead::System::Resets;
using Order = std::vector<std::string>;

namespace {

constexpr u64 kControl = 0xC600'0006;
constexpr u64 kWarm = 2;
constexpr u64 kCold = 3;

void restart(u32 index, u64 how) {
  machine.order.clear();
  (void)call(vcpu(kGamma), kControl, id_of(index), how);
  REQUIRE(vcpu(kGamma).x[0] == 0);
  deliver_sgis();
}
Order writes() {
  Order found;
  std::copy_if(machine.order.begin(), machine.order.end(), std::back_inserter(found), [](const std::string& what) { return what.rfind("reset", 0) == 0; });
  return found;
}

}  // namespace

TEST_CASE("a cold restart pulls and lets go of the partition's own lines, before its memory is touched", "[LLR-1193]") {
  boot();
  machine.resets[0] = 0x70;  // others' lines, in reset all the time
  restart(kAlpha, kCold);
  CHECK(writes() == Order{"reset 0=118", "reset 1=256", "reset 0=112", "reset 1=0"});
  const auto last = std::find(machine.order.begin(), machine.order.end(), "reset 1=0");
  const auto cleared = std::find(machine.order.begin(), machine.order.end(), "dc civac");
  REQUIRE(cleared != machine.order.end());
  CHECK(last < cleared);
  CHECK(*(last + 1) == "look at reset 1");  // the write has arrived
  CHECK(*(last + 2) == "dsb sy");
  CHECK(vcpu(kAlpha).power == Power::kOn);
  CHECK(reset_claim() == 0);
}

TEST_CASE("the lines are held for a microsecond", "[LLR-1193]") {
  boot();
  machine.look = 1;
  machine.reset_times.clear();
  restart(kBeta, kCold);
  CHECK(writes() == Order{"reset 0=8", "reset 0=0"});
  REQUIRE(machine.reset_times.size() == 2);
  const u64 held = machine.reset_times[1] - machine.reset_times[0];
  CHECK(held >= 64);  // 62.5 ticks of 16 ns, the first of which may be a part, after the look at the beginning
  CHECK(held < 68);
}

TEST_CASE("a warm restart and the first start leave devices as they are", "[LLR-1193]") {
  boot();
  CHECK(writes().empty());
  restart(kBeta, kWarm);
  CHECK(writes().empty());
  CHECK(vcpu(kBeta).power == Power::kOn);
}

TEST_CASE("while another core is at the registers nothing is changed and nothing loaded", "[LLR-1193]") {
  boot();
  machine.order.clear();
  Vcpu& beta = vcpu(kBeta);
  beta.loading = 1;
  Resets::order(beta);
  reset_claim() = 1;
  for (u32 i = 0; i < 3; ++i) {
    CHECK_FALSE(Resets::done(beta));
  }
  CHECK(writes().empty());
  reset_claim() = 0;
  CHECK(Resets::done(beta));
  CHECK(writes() == Order{"reset 0=8", "reset 0=0"});
  CHECK(beta.loading == 1);
  CHECK(Resets::done(beta));  // the further chunks
  CHECK(writes().size() == 2);
}
