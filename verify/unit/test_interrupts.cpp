// SPDX-License-Identifier: Apache-2.0
// From the physical interrupt, or the guest's request, to the list registers.
#include <catch2/catch.hpp>

#include "config/config.hpp"
#include "system.hpp"

using namespace fake;
using bulkhead::Vcpu;

namespace {

constexpr bool kV3 = bulkhead::FeatureSet::Gic::kVersion == 3;
constexpr u32 kTimer = 27;
constexpr u32 kKernelSgi = 7;

/// A guest that takes interrupts.
void open(Vcpu& who) { (void)store(who, kGicd, kV3 ? 2 : 1); }

/// SGI `id` to the vCPUs in `mask`.
Outcome send(Vcpu& who, u32 mask, u32 id) {
  if (kV3) {
    return system_register(who, 3, 0, 12, 11, 5, false, (u64{id} << 24) | mask);
  }
  return store(who, kGicd + 0xF00, (mask << 16) | id);
}

u32 source_of(u32 id, u32 vcpu_index) { return kV3 ? id : id | (vcpu_index << 10); }

/// Where the decoded id of a list register carries an SGI's source on GICv2, `list_of` sees the id alone.
int sgi_list(u32 id) { return list_of(id); }

}  // namespace

TEST_CASE("a device's interrupt is injected with the hardware link", "[LLR-122][LLR-090][LLR-141]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  open(beta);
  const u32 id = GENERATE(41U, kTimer);
  REQUIRE(interrupt(beta, id) == Outcome::kGoesOn);
  const int n = list_of(id);
  REQUIRE(n >= 0);
  CHECK(list_pending(n));
  CHECK(list_hardware(n));
  CHECK(list_priority(n) == 0xA0);
  CHECK(machine.dropped == std::vector<u32>{id});
  CHECK(machine.deactivated.empty());  // the guest's end of interrupt does that
}

TEST_CASE("priority and hardware link follow what the guest set", "[LLR-090][LLR-086]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  Access byte;
  byte.size = 1;
  (void)store(beta, kGicd + 0x400 + 41, 0x30, byte);
  (void)interrupt(beta, 41);
  CHECK(list_priority(list_of(41)) == 0x30);
}

TEST_CASE("spurious acknowledges have no effect", "[LLR-124]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  const u32 id = GENERATE(1020U, 1021U, 1022U, 1023U);
  CHECK(interrupt(beta, id) == Outcome::kGoesOn);
  CHECK(machine.dropped.empty());
  CHECK(machine.deactivated.empty());
}

TEST_CASE("an interrupt that nobody owns is ended and switched off", "[LLR-123]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  machine.enabled[1] = u32{1} << 12;
  CHECK(interrupt(beta, 44) == Outcome::kGoesOn);
  CHECK(list_of(44) == -1);
  CHECK(machine.dropped == std::vector<u32>{44});
  CHECK(machine.deactivated == std::vector<u32>{44});
  CHECK(machine.enabled[1] == 0);
}

TEST_CASE("the kernel's SGI never reaches a guest", "[LLR-125]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  CHECK(interrupt(beta, kKernelSgi) == Outcome::kGoesOn);
  CHECK(machine.deactivated == std::vector<u32>{kKernelSgi});
  for (u32 n = 0; n < kListRegisters; ++n) {
    CHECK_FALSE(list_pending(static_cast<int>(n)));
  }
}

TEST_CASE("an SGI reaches the named vCPUs of the partition and no other", "[LLR-088][LLR-284][LLR-303]") {
  boot();
  Vcpu& first = vcpu(kAlpha, 0);
  Vcpu& second = vcpu(kAlpha, 1);
  (void)call(first, 0xC400'0003, 1, kRam, 0);
  deliver_sgis();
  open(first);
  deliver_sgis();
  REQUIRE(send(first, 0xFF, 3) == Outcome::kGoesOn);
  machine.core = 0;
  CHECK(sgi_list(source_of(3, 0)) >= 0);
  REQUIRE(machine.sgis.size() == 1);  // core 1 alone is rung: cores 2 and 3 are others'
  CHECK(machine.sgis[0].first == 2);
  CHECK(machine.sgis[0].second == kKernelSgi);
  deliver_sgis();
  machine.core = 1;
  const int n = sgi_list(3);
  REQUIRE(n >= 0);
  CHECK(list_pending(n));
  CHECK_FALSE(list_hardware(n));
  machine.core = 2;
  CHECK(sgi_list(3) == -1);
  (void)send(second, 1, 5);
  deliver_sgis();
  machine.core = 0;
  const int from_second = sgi_list(5);
  REQUIRE(from_second >= 0);
  if (!kV3) {
    CHECK(((machine.lists[0][from_second] >> 10) & 7) == 1);  // GICv2 tells the sender
  }
}

TEST_CASE("all but self, and self", "[LLR-088]") {
  boot();
  Vcpu& first = vcpu(kAlpha, 0);
  (void)call(first, 0xC400'0003, 1, kRam, 0);
  deliver_sgis();
  if (kV3) {
    (void)system_register(first, 3, 0, 12, 11, 5, false, (u64{1} << 40) | (u64{4} << 24));
  } else {
    (void)store(first, kGicd + 0xF00, (1U << 24) | 4);
  }
  machine.core = 0;
  CHECK(sgi_list(4) == -1);
  deliver_sgis();
  machine.core = 1;
  CHECK(sgi_list(4) >= 0);
  if (!kV3) {
    (void)store(first, kGicd + 0xF00, (2U << 24) | 6);
    machine.core = 0;
    CHECK(sgi_list(6) >= 0);
    (void)store(first, kGicd + 0xF00, (3U << 24) | 9);  // reserved filter
    machine.core = 0;
    CHECK(sgi_list(9) == -1);
  } else {
    (void)system_register(first, 3, 0, 12, 11, 5, false, (u64{1} << 16) | (u64{6} << 24) | 3);  // another cluster
    machine.core = 0;
    CHECK(sgi_list(6) == -1);
  }
}

TEST_CASE("more pending than list registers: none is lost, the most urgent come first", "[LLR-089]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  open(beta);
  Access byte;
  byte.size = 1;
  const u64 banked = (kV3 ? kGicr + 0x1'0000 : kGicd) + 0x400;
  // Six SGIs with priorities 0xE0, 0xD0, ... : the last sent is the most urgent.
  for (u32 id = 0; id < 6; ++id) {
    (void)store(beta, banked + id, 0xE0 - 0x10 * id, byte);
    REQUIRE(send(beta, 1, id) == Outcome::kGoesOn);
  }
  std::vector<u32> taken;
  for (u32 round = 0; round < 12 && taken.size() < 6; ++round) {
    int best = -1;
    for (int n = 0; n < static_cast<int>(kListRegisters); ++n) {
      if (list_pending(n) && (best < 0 || list_priority(n) < list_priority(best))) {
        best = n;
      }
    }
    REQUIRE(best >= 0);
    const u64 list = machine.lists[2][best];
    taken.push_back(static_cast<u32>(kV3 ? list & 0xFFFF : list & 0x3FF));
    guest_acknowledges(best);
    guest_ends(best);
    (void)interrupt(beta, 25);  // maintenance
  }
  CHECK(taken == std::vector<u32>{5, 4, 3, 2, 1, 0});
}

TEST_CASE("all list registers active: a waiting interrupt asks for maintenance and comes", "[LLR-089]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  open(beta);
  for (u32 id = 0; id < kListRegisters; ++id) {
    (void)send(beta, 1, id);
  }
  for (int n = 0; n < static_cast<int>(kListRegisters); ++n) {
    guest_acknowledges(n);
  }
  (void)interrupt(beta, 41);
  CHECK(list_of(41) == -1);
  CHECK((machine.virtual_control[2] & 0x2A) != 0);  // underflow or none-pending
  for (int n = 0; n < static_cast<int>(kListRegisters); ++n) {
    guest_ends(n);
  }
  (void)interrupt(beta, 25);
  CHECK(list_of(41) >= 0);
  CHECK(list_hardware(list_of(41)));
  CHECK((machine.virtual_control[2] & 0x2A) == 0);
}

TEST_CASE("an SGI pending already is not pending twice, an active one becomes pending again", "[LLR-088][LLR-090]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  open(beta);
  (void)send(beta, 1, 3);
  (void)send(beta, 1, 3);
  const int n = sgi_list(3);
  guest_acknowledges(n);
  CHECK(list_active(n));
  (void)send(beta, 1, 3);
  CHECK(list_active(n));
  CHECK(list_pending(n));
  int held = 0;
  for (int i = 0; i < static_cast<int>(kListRegisters); ++i) {
    held += list_pending(i) || list_active(i) ? 1 : 0;
  }
  CHECK(held == 1);
}

TEST_CASE("disabling withdraws what has not been taken: an edge pends again, a level asks by itself", "[LLR-083]") {
  boot();
  const bool edge = GENERATE(true, false);
  machine.config[2] = edge ? u32{2} << (9 * 2) : 0;
  Vcpu& beta = vcpu(kBeta);
  open(beta);
  (void)store(beta, kGicd + 0x104, u32{1} << 9);
  (void)interrupt(beta, 41);
  machine.active[1] = u32{1} << 9;
  REQUIRE(list_of(41) >= 0);
  (void)store(beta, kGicd + 0x184, u32{1} << 9);
  CHECK(list_of(41) == -1);
  CHECK(((machine.pending[1] & (u32{1} << 9)) != 0) == edge);
  CHECK((machine.active[1] & (u32{1} << 9)) == 0);
}

TEST_CASE("a virtual interrupt waits until the guest enables it", "[LLR-204][LLR-083]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  open(beta);
  (void)store(beta, kPl011 + 0x38, 0x20);   // transmit interrupt unmasked
  (void)store(beta, kPl011, 'x');
  CHECK(list_of(kConsoleIrq) == -1);
  (void)store(beta, kGicd + 0x104, u32{1} << (kConsoleIrq - 32));
  CHECK(list_of(kConsoleIrq) >= 0);
  CHECK_FALSE(list_hardware(list_of(kConsoleIrq)));
}
