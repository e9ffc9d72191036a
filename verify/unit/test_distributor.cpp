// SPDX-License-Identifier: Apache-2.0
// The distributor (and redistributor) that a guest sees.
#include <catch2/catch.hpp>

#include "config/config.hpp"
#include "system.hpp"

using namespace fake;
using bulkhead::Vcpu;

namespace {

constexpr bool kV3 = bulkhead::FeatureSet::Gic::kVersion == 3;
constexpr u64 kIsenabler = kGicd + 0x100;
constexpr u64 kIcenabler = kGicd + 0x180;
constexpr u64 kIspendr = kGicd + 0x200;
constexpr u64 kIcpendr = kGicd + 0x280;
constexpr u64 kIsactiver = kGicd + 0x300;
constexpr u64 kIcactiver = kGicd + 0x380;
constexpr u64 kPriority = kGicd + 0x400;
constexpr u64 kConfig = kGicd + 0xC00;
constexpr u32 kSpi40 = u32{1} << 8;
constexpr u32 kSpi41 = u32{1} << 9;
/// Where word 0 of a bank stands: with the redistributor on GICv3.
constexpr u64 kBanked = kV3 ? kGicr + 0x1'0000 : kGicd;

}  // namespace

TEST_CASE("enable bits of own interrupts go through, foreign ones do not", "[LLR-081][LLR-083][LLR-123]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  machine.enabled[1] = 0;
  REQUIRE(store(alpha, kIsenabler + 4, 0xFFFF'FFFF) == Outcome::kGoesOn);
  CHECK(machine.enabled[1] == kSpi40);
  const u32 virtual_bits = u32{7} << (kConsoleIrq - 32);
  CHECK(value_at(alpha, kIsenabler + 4) == (kSpi40 | virtual_bits));
  CHECK(value_at(alpha, kIcenabler + 4) == (kSpi40 | virtual_bits));
  machine.enabled[1] |= kSpi41;
  CHECK(value_at(alpha, kIsenabler + 4) == (kSpi40 | virtual_bits));
  (void)store(alpha, kIcenabler + 4, 0xFFFF'FFFF);
  CHECK(machine.enabled[1] == kSpi41);
  CHECK(value_at(alpha, kIsenabler + 4) == 0);
}

TEST_CASE("words beyond the shown interrupts read zero and ignore writes", "[LLR-081]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  for (u32 word = kIrqWords; word < 32; ++word) {
    (void)store(alpha, kIsenabler + word * 4, 0xFFFF'FFFF);
    CHECK(value_at(alpha, kIsenabler + word * 4) == 0);
  }
}

TEST_CASE("pending and active bits of own interrupts only", "[LLR-084][LLR-085][LLR-081]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  (void)store(beta, kIspendr + 4, 0xFFFF'FFFF);
  CHECK(machine.pending[1] == kSpi41);
  machine.pending[1] |= kSpi40;
  CHECK((value_at(beta, kIspendr + 4) & (kSpi40 | kSpi41)) == kSpi41);
  (void)store(beta, kIcpendr + 4, 0xFFFF'FFFF);
  CHECK(machine.pending[1] == kSpi40);
  (void)store(beta, kIsactiver + 4, 0xFFFF'FFFF);
  CHECK(machine.active[1] == kSpi41);
  (void)store(beta, kIcactiver + 4, 0xFFFF'FFFF);
  CHECK(machine.active[1] == 0);
}

TEST_CASE("priorities are bytes of own interrupts", "[LLR-086]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  (void)store(alpha, kPriority + 40, 0xFFFF'FFFF);
  CHECK(value_at(alpha, kPriority + 40) == 0xF8);  // SPI 40 alone, five bits
  Access byte;
  byte.size = 1;
  (void)store(alpha, kPriority + 40, 0x57, byte);
  CHECK(value_at(alpha, kPriority + 40, 1) == 0x50);
  (void)store(alpha, kPriority + 41, 0x57, byte);
  CHECK(value_at(alpha, kPriority + 41, 1) == 0);
  const u64 ppi = kBanked + 0x400 + 27;
  (void)store(alpha, ppi, 0x20, byte);
  CHECK(value_at(alpha, ppi, 1) == 0x20);
  (void)store(alpha, ppi + 1, 0x20, byte);
  CHECK(value_at(alpha, ppi + 1, 1) == 0);
}

TEST_CASE("targets stay within the partition", "[LLR-087]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  if (kV3) {
    const u64 router = kGicd + 0x6000 + 40 * 8;
    Access wide;
    wide.size = 8;
    (void)store(alpha, router, 1, wide);
    CHECK(value_at(alpha, router, 8) == 1);
    CHECK(machine.target[40] == 1);
    (void)store(alpha, router, 3, wide);
    CHECK(machine.target[40] <= 1);
    machine.target[41] = 99;
    (void)store(alpha, router + 8, 1, wide);
    CHECK(machine.target[41] == 99);
    CHECK(value_at(alpha, router + 8, 8) == 0);
  } else {
    const u64 targets = kGicd + 0x800;
    Access byte;
    byte.size = 1;
    CHECK(value_at(alpha, targets, 1) == 1);
    (void)store(alpha, targets + 40, 0xFF, byte);
    CHECK(value_at(alpha, targets + 40, 1) == 3);
    CHECK(machine.target[40] == 1);
    (void)store(alpha, targets + 40, 2, byte);
    CHECK(machine.target[40] == 2);
    (void)store(alpha, targets + 40, 0xC, byte);  // cores 2 and 3 are others'
    CHECK((machine.target[40] & ~u64{3}) == 0);
    machine.target[41] = 99;
    (void)store(alpha, targets + 41, 1, byte);
    CHECK(machine.target[41] == 99);
    CHECK(value_at(vcpu(kBeta), targets, 1) == 1);
  }
}

TEST_CASE("the distributor describes itself", "[LLR-082]") {
  boot();
  const u64 alpha = value_at(vcpu(kAlpha), kGicd + 4);
  CHECK((alpha & 31) == kIrqWords - 1);
  CHECK(((alpha >> 5) & 7) == 1);
  CHECK(((value_at(vcpu(kBeta), kGicd + 4) >> 5) & 7) == 0);
  CHECK((value_at(vcpu(kAlpha), kGicd + 8) & 0xFFF) == 0x43B);
  CHECK(((value_at(vcpu(kAlpha), kGicd + (kV3 ? 0xFFE8 : 0xFE8)) >> 4) & 15) == (kV3 ? 3 : 2));
}

TEST_CASE("control enables delivery", "[LLR-092]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  const u32 enable = kV3 ? 2 : 1;
  CHECK((value_at(alpha, kGicd) & enable) == 0);
  CHECK((machine.virtual_control[0] & 1) == 0);
  (void)store(alpha, kGicd, 0xFFFF'FFFF);
  CHECK((value_at(alpha, kGicd) & enable) == enable);
  CHECK((machine.virtual_control[0] & 1) == 1);
  CHECK((value_at(vcpu(kBeta), kGicd) & enable) == 0);
  (void)store(alpha, kGicd, 0);
  CHECK((machine.virtual_control[0] & 1) == 0);
}

TEST_CASE("triggers read the truth of own interrupts and cannot be written", "[LLR-091][LLR-126]") {
  boot();
  machine.config[2] = 0xAAAA'AAAA;
  const u32 own = u32{2} << (8 * 2);
  CHECK(value_at(vcpu(kAlpha), kConfig + 8) == own);
  (void)store(vcpu(kAlpha), kConfig + 8, 0);
  CHECK(machine.config[2] == 0xAAAA'AAAA);
  CHECK(value_at(vcpu(kAlpha), kV3 ? kBanked + 0xC00 : kConfig) == 0xAAAA'AAAA);
}

TEST_CASE("sizes that a register has not got read zero and are ignored", "[LLR-094]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  (void)store(alpha, kIsenabler + 4, kSpi40);
  for (const u32 size : {1U, 2U}) {
    CHECK(value_at(alpha, kIsenabler + 4, size) == 0);
    CHECK(value_at(alpha, kGicd + 4, size) == 0);
    Access access;
    access.size = size;
    (void)store(alpha, kIcenabler + 4, 0xFFFF'FFFF, access);
    CHECK((machine.enabled[1] & kSpi40) != 0);
  }
}

TEST_CASE("no offset of the distributor stops the kernel or changes another's state", "[LLR-081][LLR-095]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  machine.enabled[1] = kSpi40;
  machine.pending[1] = kSpi40;
  machine.active[1] = kSpi40;
  machine.target[40] = 77;
  machine.priority[40] = 78;
  machine.config[2] = 0x1234'5678;
  for (u64 offset = 0; offset < (kV3 ? 0x1'0000 : 0x1000); offset += 4) {
    if (!kV3 && offset == 0xF00) {
      continue;  // SGIs have their own test
    }
    const u64 value = GENERATE(0x0, 0xFFFF'FFFF);
    REQUIRE(store(beta, kGicd + offset, value) == Outcome::kGoesOn);
    REQUIRE(load(beta, kGicd + offset) == Outcome::kGoesOn);
  }
  CHECK((machine.enabled[1] & ~kSpi41) == kSpi40);
  CHECK((machine.pending[1] & ~kSpi41) == kSpi40);
  CHECK((machine.active[1] & ~kSpi41) == kSpi40);
  CHECK(machine.target[40] == 77);
  CHECK(machine.priority[40] == 78);
  CHECK(machine.config[2] == 0x1234'5678);
  CHECK(machine.distributor_control == (kV3 ? 0x12 : 1));
}

TEST_CASE("redistributors show affinity, the last one, and are awake", "[LLR-093]") {
  if (!kV3) {
    return;
  }
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  CHECK(value_at(alpha, kGicr + 8, 8) == 0);
  CHECK(value_at(alpha, kGicr + 0x2'0000 + 8, 8) == ((u64{1} << 32) | (1 << 8) | (1 << 4)));
  CHECK(value_at(vcpu(kBeta), kGicr + 8, 8) == (1 << 4));
  CHECK(value_at(alpha, kGicr + 0x14) == 0);
  CHECK(((value_at(alpha, kGicr + 0xFFE8) >> 4) & 15) == 3);
  CHECK(load(vcpu(kBeta), kGicr + 0x2'0000) == Outcome::kSlept);  // beta has one vCPU: no second frame
}

TEST_CASE("private interrupts are enabled for their own core", "[LLR-083][LLR-093][LLR-141]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  (void)store(alpha, kBanked + 0x100, 0xFFFF'FFFF);
  CHECK((machine.banked_enabled[0] & 0xFFFF'0000 & ~((u32{1} << 25) | (u32{1} << 26))) == u32{1} << 27);  // but the kernel's own
  CHECK((machine.banked_enabled[1] & (u32{1} << 27)) == 0);
  CHECK((value_at(alpha, kBanked + 0x100) & 0xFFFF'0000) == u32{1} << 27);
  CHECK((value_at(alpha, kBanked + 0x100) & 0xFFFF) == 0xFFFF);
  (void)store(alpha, kBanked + 0x180, 0xFFFF'FFFF);
  CHECK((machine.banked_enabled[0] & (u32{1} << 27)) == 0);
  CHECK((machine.banked_enabled[0] & (u32{1} << 7)) != 0);  // the kernel's own SGI stays
  CHECK((machine.banked_enabled[0] & (u32{1} << 25)) != 0);
}
