// SPDX-License-Identifier: Apache-2.0
// Doorbells: what `notify` does to the other ends of a channel, and what a receiver makes of it.
#include <catch2/catch.hpp>

#include <algorithm>

#include "main/system.hpp"
#include "system.hpp"

using namespace fake;
using bulkhead::Doorbell;
using bulkhead::DoorbellKind;
using bulkhead::DoorbellSource;
using bulkhead::DoorbellState;
using bulkhead::FeatureSet;
using bulkhead::Vcpu;

namespace {

constexpr u64 kNotify = 0xC600'0001;
constexpr u64 kControl = 0xC600'0006;
constexpr bool kV3 = FeatureSet::Gic::kVersion == 3;
constexpr u32 kBit = u32{1} << (kDoorbellIrq - 32);

/// alpha listens, its distributor on.
void listen(Vcpu& alpha) {
  (void)store(alpha, kGicd, 0x2 | 0x1);
  (void)store(alpha, kGicd + 0x104, kBit);
  machine.sgis.clear();
}
bool alpha_has_it(u32 core) {
  machine.core = core;
  return list_of(kDoorbellIrq) >= 0;
}

}  // namespace

TEST_CASE("a doorbell is one SGI of its own number to the receiver's core", "[LLR-901][LLR-902]") {
  boot();
  listen(vcpu(kAlpha));
  (void)call(vcpu(kBeta), kNotify, 0);
  REQUIRE(machine.sgis.size() == 1);
  CHECK(machine.sgis[0] == std::pair<u32, u32>{1, 6});
  CHECK_FALSE(alpha_has_it(0));
  deliver_sgis();
  REQUIRE(alpha_has_it(0));
  // Rung again before it was taken: the same list register, once.
  const int held = list_of(kDoorbellIrq);
  (void)call(vcpu(kBeta), kNotify, 0);
  deliver_sgis();
  machine.core = 0;
  CHECK(list_of(kDoorbellIrq) == held);
  // While it is being handled: pending beside active.
  guest_acknowledges(held);
  (void)call(vcpu(kBeta), kNotify, 0);
  deliver_sgis();
  machine.core = 0;
  CHECK(list_pending(held));
  CHECK(list_active(held));
}

TEST_CASE("an SGI without a ring injects nothing", "[LLR-902]") {
  boot();
  listen(vcpu(kAlpha));
  CHECK(interrupt(vcpu(kAlpha), 6) == Outcome::kGoesOn);
  CHECK_FALSE(alpha_has_it(0));
}

TEST_CASE("a doorbell follows the vCPU that the guest routes it to", "[LLR-901][LLR-902]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  (void)call(alpha, 0xC400'0003, 1, kRam, 0);  // its second vCPU, on core 1
  deliver_sgis();
  listen(alpha);
  if (kV3) {
    (void)store(alpha, kGicd + 0x6000 + 8 * kDoorbellIrq, 1);
  } else {
    Access byte{};
    byte.size = 1;
    (void)store(alpha, kGicd + 0x800 + kDoorbellIrq, 2, byte);
  }
  machine.sgis.clear();
  (void)call(vcpu(kBeta), kNotify, 0);
  REQUIRE(machine.sgis.size() == 1);
  CHECK(machine.sgis[0] == std::pair<u32, u32>{2, 6});
  // An SGI that another ring sent to the first vCPU takes nothing from the second one.
  (void)interrupt(alpha, 6);
  CHECK_FALSE(alpha_has_it(0));
  deliver_sgis();
  CHECK(alpha_has_it(1));
}

TEST_CASE("one call rings every other end, virtual and direct", "[LLR-901]") {
  power_on_state();
  static DoorbellState states[2];
  static Doorbell table[3];
  static DoorbellSource source;
  states[0] = {};
  states[1] = {};
  table[0] = {&states[0], 0, 0, DoorbellKind::kVirtual, 1};
  table[1] = {nullptr, u32{1} << 13, 1, DoorbellKind::kDirect, 2};  // SPI 45 of a direct receiver
  table[2] = {&states[1], 0, 0, DoorbellKind::kVirtual, 0};        // a receiver that does not listen
  source = {&states[0], kDoorbellIrq, {}};
  partition(kBeta).doorbells = table;
  partition(kAlpha).doorbell_sources = &source;
  partition(kAlpha).doorbell_source_count = 1;
  run_boot_core();
  deliver_sgis();
  listen(vcpu(kAlpha));
  machine.order.clear();
  (void)call(vcpu(kBeta), kNotify, 0);
  // What was written before the call is visible before each interrupt; of virtual receivers also before who takes it is read.
  CHECK(std::count(machine.order.begin(), machine.order.end(), "dsb ishst") == 1);
  CHECK(std::count(machine.order.begin(), machine.order.end(), "dsb ish") == 2);
  CHECK(vcpu(kBeta).x[0] == 0);
  CHECK(states[0].rung == 1);
  CHECK(states[1].rung == 1);
  CHECK((machine.pending[1] & (u32{1} << 13)) != 0);
  u32 woken = 0;
  for (const auto& sgi : machine.sgis) {
    woken |= sgi.first;
  }
  CHECK(woken == 1);  // core 0, and nobody for who does not listen
}

TEST_CASE("an end with nobody to ring is OK, a slot of others is not", "[LLR-901][LLR-188]") {
  boot();
  (void)call(vcpu(kAlpha), kNotify, 0);
  CHECK(vcpu(kAlpha).x[0] == 0);
  CHECK(machine.sgis.empty());
  CHECK(machine.pending[1] == 0);
  (void)call(vcpu(kGamma), kNotify, 0);
  CHECK(vcpu(kGamma).x[0] == kDenied);
}

TEST_CASE("a receiver that is halted or loaded is not interrupted, and forgets", "[LLR-902]") {
  boot();
  listen(vcpu(kAlpha));
  (void)call(vcpu(kBeta), kNotify, 0);  // rings, but alpha is halted before it looks
  machine.sgis.clear();
  (void)call(vcpu(kGamma), kControl, id_of(kAlpha), 0);
  deliver_sgis();
  machine.sgis.clear();
  (void)call(vcpu(kBeta), kNotify, 0);
  for (const auto& sgi : machine.sgis) {
    CHECK(sgi.first == 0);
  }
  machine.sgis.clear();
  (void)call(vcpu(kGamma), kControl, id_of(kAlpha), 1);
  deliver_sgis();
  listen(vcpu(kAlpha));
  (void)interrupt(vcpu(kAlpha), 6);
  CHECK_FALSE(alpha_has_it(0));
  (void)call(vcpu(kBeta), kNotify, 0);
  deliver_sgis();
  CHECK(alpha_has_it(0));
}
