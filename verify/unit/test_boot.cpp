// SPDX-License-Identifier: Apache-2.0
// The boot core's way to the first guest, and the epitaphs on it.
#include <catch2/catch.hpp>

#include "base/epitaph.hpp"
#include "config/config.hpp"
#include "system.hpp"

extern "C" bulkhead::Epitaph bulkhead_epitaph;

using namespace fake;
using bulkhead::EpitaphId;
using bulkhead::Power;

TEST_CASE("every configured core is started by PSCI and runs its vCPU", "[LLR-301][LLR-007]") {
  boot();
  REQUIRE(machine.firmware.size() == 3);
  for (u32 i = 0; i < 3; ++i) {
    CHECK(machine.firmware[i].function == 0xC400'0003);
    CHECK(machine.firmware[i].a1 == i + 1);
  }
  CHECK(vcpu(kAlpha, 0).power == Power::kOn);
  CHECK(vcpu(kAlpha, 1).power == Power::kOff);
  CHECK(vcpu(kBeta).power == Power::kOn);
  CHECK(vcpu(kGamma).power == Power::kOn);
  CHECK(bulkhead_epitaph.magic == 0);
}

TEST_CASE("the banner names version, ABI, hashes and board", "[LLR-010]") {
  power_on_state();
  run_boot_core();
  deliver_sgis();
  CHECK(machine.transmitted.find("[bulkhead] Bulkhead ") == 0);
  CHECK(machine.transmitted.find(" abi 1 kernel 1122334455667788 config 0102030405060708 board test\r\n") != std::string::npos);
}

TEST_CASE("interrupts of the configuration are routed before any guest runs", "[LLR-121][LLR-123]") {
  boot();
  CHECK(machine.target[41] == (bulkhead::FeatureSet::Gic::kVersion == 3 ? 2U : 4U));
  CHECK((machine.config[2] & (u32{2} << (9 * 2))) != 0);   // SPI 41 is edge-triggered
  CHECK((machine.config[2] & (u32{2} << (8 * 2))) == 0);
  CHECK((machine.enabled[1] & ~(u32{1} << 1)) == 0);       // nothing but the UART
  const bulkhead::ConfigHeader& config = bulkhead_config;
  REQUIRE(config.irq_route_count != 0);
  for (u32 i = 0; i < config.irq_route_count; ++i) {       // below the kernel's own, whoever owns it
    CHECK(machine.priority[config.irq_routes[i].id] == bulkhead::FeatureSet::Gic::kGuestPriority);
  }
}

TEST_CASE("each assumption that does not hold ends in its epitaph", "[LLR-006][LLR-007][LLR-009][LLR-011][LLR-321][LLR-323]") {
  struct Case {
    EpitaphId id;
    const char* name;
    void (*spoil)();
  };
  const Case c = GENERATE(values<Case>({
      {EpitaphId::kCounterFrequency, "counter-frequency", [] { register_of<bulkhead::CntfrqEl0>() = 0; }},
      {EpitaphId::kCounterFrequency, "counter-frequency", [] { register_of<bulkhead::CntfrqEl0>() = 64'000'000; }},
      {EpitaphId::kInterruptController, "interrupt-controller", [] { machine.architecture = 1; }},
      {EpitaphId::kInterruptController, "interrupt-controller", [] { machine.architecture = 5 - machine.architecture; }},
      {EpitaphId::kInterruptController, "interrupt-controller",
       [] {
         if constexpr (bulkhead::FeatureSet::Gic::kVersion == 3) {
           register_of<bulkhead::IdAa64pfr0El1>() = 0;  // the distributor would answer, the core cannot
         } else {
           machine.architecture = 0;
         }
       }},
      {EpitaphId::kConfiguration, "configuration", [] { header().format = 2; }},
      {EpitaphId::kConfiguration, "configuration", [] { header().kernel_base += 0x1000; }},
      {EpitaphId::kConfiguration, "configuration", [] { header().core_count = 9; }},
      {EpitaphId::kMissingCore, "missing-core", [] { machine.deaf_cores = 4; }},
  }));
  power_on_state();
  c.spoil();
  run_boot_core();
  CHECK(bulkhead_epitaph.magic == bulkhead::kEpitaphMagic);
  CHECK(bulkhead_epitaph.id == c.id);
  CHECK(machine.transmitted.find(std::string("[bulkhead] epitaph ") + c.name + ": ") != std::string::npos);
  CHECK(vcpu(kAlpha).power != Power::kOn);
}

TEST_CASE("a counter within its tolerance, or given by the YAML, is accepted", "[LLR-009]") {
  power_on_state();
  SECTION("tolerance") { register_of<bulkhead::CntfrqEl0>() = 62'600'000; }
  SECTION("given") {
    register_of<bulkhead::CntfrqEl0>() = 0;
    header().counter_override_hz = 100'000'000;
  }
  run_boot_core();
  CHECK(bulkhead_epitaph.magic == 0);
  CHECK(vcpu(kAlpha).power == Power::kOn);
}

TEST_CASE("an exception from the kernel leaves syndrome, addresses and core", "[LLR-324][LLR-321]") {
  boot();
  machine.core = 2;
  register_of<bulkhead::EsrEl2>() = (u64{0x25} << 26) | 0x07;
  register_of<bulkhead::FarEl2>() = 0x1234'5000;
  register_of<bulkhead::ElrEl2>() = 0x4020'0abc;
  CHECK(outcome_of([] { bulkhead_kernel_fault(); }) == Outcome::kSlept);
  CHECK(bulkhead_epitaph.id == EpitaphId::kKernelFault);
  CHECK(bulkhead_epitaph.syndrome == register_of<bulkhead::EsrEl2>());
  CHECK(bulkhead_epitaph.address == 0x1234'5000);
  CHECK(bulkhead_epitaph.pc == 0x4020'0abc);
  CHECK(machine.transmitted.find("[bulkhead] epitaph kernel-fault: ") != std::string::npos);
}

TEST_CASE("the first epitaph is the one that is kept", "[LLR-322]") {
  boot();
  machine.core = 2;
  register_of<bulkhead::FarEl2>() = 0x1111;
  (void)outcome_of([] { bulkhead_kernel_fault(); });
  machine.core = 3;
  register_of<bulkhead::FarEl2>() = 0x2222;
  (void)outcome_of([] { bulkhead_kernel_fault(); });
  CHECK(bulkhead_epitaph.address == 0x1111);
}

TEST_CASE("each core traps what the design lists before a guest runs there", "[LLR-003][LLR-142][LLR-143]") {
  power_on_state();
  run_boot_core();
  const bulkhead::HcrEl2 hcr{register_of<bulkhead::HcrEl2>()};
  CHECK(hcr.get<bulkhead::HcrEl2::Vm>() == 1);
  CHECK(hcr.get<bulkhead::HcrEl2::Amo>() == 1);
  CHECK(hcr.get<bulkhead::HcrEl2::Tsc>() == 1);
  CHECK(hcr.get<bulkhead::HcrEl2::Tsw>() == 1);
  CHECK(hcr.get<bulkhead::HcrEl2::Tacr>() == 1);
  CHECK(hcr.get<bulkhead::HcrEl2::Tidcp>() == 1);
  CHECK(hcr.get<bulkhead::HcrEl2::Rw>() == 1);
  CHECK(hcr.get<bulkhead::HcrEl2::Hcd>() == 0);
  CHECK(register_of<bulkhead::ActlrEl2>() == 0);
  CHECK(register_of<bulkhead::HstrEl2>() == 0);
  CHECK(register_of<bulkhead::CntvoffEl2>() == 0);
  CHECK((register_of<bulkhead::CnthctlEl2>() & 1) == 1);
  CHECK((register_of<bulkhead::MdcrEl2>() & 0xE60) == 0xE60);  // debug and PMU registers trap
  CHECK((register_of<bulkhead::VtcrEl2>() & 0x3F) == 64 - bulkhead::FeatureSet::kIpaBits);
}
