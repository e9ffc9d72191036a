// SPDX-License-Identifier: Apache-2.0
// Console rings, hypercalls, the virtual PL011, and what the board's UART shows.
#include <catch2/catch.hpp>

#include "partition/console_ring.hpp"
#include "system.hpp"

using namespace fake;
using bulkhead::ConsoleRing;
using bulkhead::ConsoleRings;
using bulkhead::Vcpu;

namespace {

constexpr u64 kWrite = 0xC600'0009;
constexpr u64 kRead = 0xC600'000B;

void say(Vcpu& who, const std::string& text) {
  for (const char c : text) {
    (void)store(who, kPl011, static_cast<u8>(c));
  }
}
void type(const std::string& text) {
  machine.typed.insert(machine.typed.end(), text.begin(), text.end());
  (void)interrupt(vcpu(kAlpha), 33);
  deliver_sgis();
}

}  // namespace

TEST_CASE("a ring gives bytes in order and takes no more than it holds", "[LLR-201]") {
  static ConsoleRings rings{};
  rings = ConsoleRings{};
  u32 put = 0;
  const u8 block[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  for (u32 i = 0; i < bulkhead::kConsoleTransmitSlots / 16 + 2; ++i) {
    put += ConsoleRing::put(rings, block, 16);
  }
  CHECK(put == bulkhead::kConsoleTransmitSlots);
  CHECK(ConsoleRing::room(rings) == 0);
  ConsoleRing::send(rings, 'x');
  CHECK(rings.lost == 1);
  for (u32 i = 0; i < put; ++i) {
    REQUIRE(ConsoleRing::next(rings) == static_cast<int>(i % 16));
    ConsoleRing::pop(rings);
  }
  CHECK(ConsoleRing::next(rings) == -1);
  CHECK(ConsoleRing::put(rings, block, 5) == 5);  // and round the end
  CHECK(ConsoleRing::next(rings) == 0);
}

TEST_CASE("the receive ring refuses when full and loses nothing it took", "[LLR-201][LLR-207]") {
  static ConsoleRings rings{};
  rings = ConsoleRings{};
  u32 offered = 0;
  while (ConsoleRing::offer(rings, static_cast<u8>(offered))) {
    ++offered;
  }
  CHECK(offered == bulkhead::kConsoleReceiveBytes);
  for (u32 i = 0; i < offered; ++i) {
    REQUIRE(ConsoleRing::receive(rings) == static_cast<int>(static_cast<u8>(i)));
  }
  CHECK(ConsoleRing::receive(rings) == -1);
  CHECK(ConsoleRing::receive_empty(rings));
}

TEST_CASE("console_write takes 1 to 16 bytes", "[LLR-202]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  (void)call(beta, kWrite, 3, 0x0A'69'68);  // "hi\n"
  CHECK(beta.x[0] == 0);
  CHECK(beta.x[1] == 3);
  deliver_sgis();
  CHECK(machine.transmitted == "[beta] hi\r\n");
  for (const u64 count : {u64{0}, u64{17}, ~u64{0}, u64{1} << 32}) {
    (void)call(beta, kWrite, count, 1, 2);
    CHECK(beta.x[0] == kInvalid);
  }
}

TEST_CASE("console_write says busy when nothing fits, and never waits", "[LLR-202]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  machine.uart_room = 0;
  u64 taken = 0;
  for (u32 i = 0; i < 100; ++i) {
    REQUIRE(call(beta, kWrite, 16, 0x4141414141414141, 0x4141414141414141) == Outcome::kGoesOn);
    if (beta.x[0] == kBusy) {
      break;
    }
    taken += beta.x[1];
  }
  CHECK(beta.x[0] == kBusy);
  CHECK(taken == bulkhead::kConsoleTransmitSlots);
}

TEST_CASE("console_read gives what was typed", "[LLR-203][LLR-207]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  (void)call(alpha, kRead);
  CHECK(alpha.x[0] == 0);
  CHECK(alpha.x[1] == 0);
  type("abcdefghijklmnopqrs");
  (void)call(alpha, kRead);
  CHECK(alpha.x[1] == 16);
  CHECK(alpha.x[2] == 0x6867'6665'6463'6261);
  CHECK(alpha.x[3] == 0x706F'6E6D'6C6B'6A69);
  (void)call(alpha, kRead);
  CHECK(alpha.x[1] == 3);
  CHECK(alpha.x[2] == 0x73'7271);
}

TEST_CASE("keys beyond what an interrupt takes make the next one, for the UART tells of them once", "[LLR-223]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  u32& pending = machine.pending[1];
  const u32 uart = u32{1} << 1;  // interrupt 33
  type(std::string(64, 'k'));
  CHECK((pending & uart) == 0);
  type(std::string(65, 'k'));
  CHECK((pending & uart) != 0);
  CHECK(machine.typed.size() == 1);
  pending = 0;
  (void)interrupt(alpha, 33);
  CHECK(machine.typed.empty());
  CHECK(pending == 0);
  u64 taken = 0;
  do {
    (void)call(alpha, kRead);
    taken += alpha.x[1];
  } while (alpha.x[1] != 0);
  CHECK(taken == 64 + 65);
}

TEST_CASE("the escape character chooses the focus, itself twice is a character", "[LLR-207]") {
  boot();
  type("\x1D" "7" "b");
  (void)call(vcpu(kBeta), kRead);
  CHECK(vcpu(kBeta).x[1] == 1);
  CHECK(vcpu(kBeta).x[2] == 'b');
  type("\x1D\x1D");
  (void)call(vcpu(kBeta), kRead);
  CHECK(vcpu(kBeta).x[2] == 0x1D);
  type("\x1D\x8A" "c");  // gamma has no console: the byte goes nowhere
  (void)call(vcpu(kBeta), kRead);
  CHECK(vcpu(kBeta).x[1] == 0);
  type("\x1D" "1" "\x1D\xFF" "\x1D" "7" "d");  // two ids of nobody
  (void)call(vcpu(kBeta), kRead);
  CHECK(vcpu(kBeta).x[1] == 1);
  type("\x1Ds");
  CHECK(machine.transmitted.find("[bulkhead] ") != std::string::npos);
  CHECK(machine.transmitted.find("gamma") != std::string::npos);
}

TEST_CASE("lines carry their owner's name; a broken one goes on under the plus prefix", "[LLR-205]") {
  boot();
  say(vcpu(kAlpha), "par");
  deliver_sgis();
  CHECK(machine.transmitted == "[alpha] par");
  say(vcpu(kBeta), "whole\n");
  deliver_sgis();
  say(vcpu(kAlpha), "tial\r\nnext\n");
  deliver_sgis();
  CHECK(machine.transmitted ==
        "[alpha] par\r\r\n[beta] whole\r\n[alpha]+ tial\r\n[alpha] next\r\n");
}

TEST_CASE("losses are said with their number", "[LLR-206]") {
  boot();
  Vcpu& beta = vcpu(kBeta);
  machine.uart_room = 0;
  for (u32 i = 0; i < bulkhead::kConsoleTransmitSlots + 7; ++i) {
    (void)store(beta, kPl011, i % 64 == 63 ? '\n' : 'z');
  }
  machine.uart_room = 1U << 20;
  for (u32 i = 0; i < 100; ++i) {
    (void)interrupt(vcpu(kAlpha), 33);
    deliver_sgis();
  }
  CHECK(machine.transmitted.find("(7 bytes lost)") != std::string::npos);
}

TEST_CASE("the virtual PL011 behaves as its driver expects", "[LLR-204]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  CHECK(value_at(alpha, kPl011 + 0xFE0) == 0x11);
  CHECK(value_at(alpha, kPl011 + 0xFF0) == 0x0D);
  CHECK(value_at(alpha, kPl011 + 0xFFC) == 0xB1);
  CHECK((value_at(alpha, kPl011 + 0x18) & 0xB0) == 0x90);  // transmit and receive empty, transmit not full
  type("q");
  CHECK((value_at(alpha, kPl011 + 0x18) & 0x10) == 0);
  CHECK((value_at(alpha, kPl011 + 0x3C) & 0x50) != 0);
  CHECK(value_at(alpha, kPl011 + 0x40) == 0);  // masked
  (void)store(alpha, kPl011 + 0x38, 0x50);
  CHECK((value_at(alpha, kPl011 + 0x40) & 0x50) != 0);
  CHECK(value_at(alpha, kPl011) == 'q');
  CHECK((value_at(alpha, kPl011 + 0x40) & 0x50) == 0);
  CHECK((value_at(alpha, kPl011 + 0x18) & 0x10) != 0);
  for (const u64 offset : {0x24U, 0x28U, 0x2CU, 0x30U, 0x34U}) {
    (void)store(alpha, kPl011 + offset, 0x15);
    CHECK(value_at(alpha, kPl011 + offset) == 0x15);
  }
}

TEST_CASE("the PL011 raises and lowers its interrupt", "[LLR-204]") {
  boot();
  Vcpu& alpha = vcpu(kAlpha);
  (void)store(alpha, kGicd, 3);
  (void)store(alpha, kGicd + 0x104, u32{1} << (kConsoleIrq - 32));
  (void)store(alpha, kPl011 + 0x38, 0x10);
  machine.core = 0;
  CHECK(list_of(kConsoleIrq) == -1);
  type("k");
  machine.core = 0;
  REQUIRE(list_of(kConsoleIrq) >= 0);
  CHECK(list_pending(list_of(kConsoleIrq)));
  (void)value_at(alpha, kPl011);
  const int n = list_of(kConsoleIrq);
  CHECK((n < 0 || !list_pending(n)));
}

TEST_CASE("the transmit interrupt waits for room and comes back with it", "[LLR-209]") {
  constexpr u32 kRoom = 32;
  constexpr u32 kTransmit = 0x20;
  boot();
  Vcpu& beta = vcpu(kBeta);
  (void)store(beta, kGicd, 3);
  (void)store(beta, kGicd + 0x104, u32{1} << (kConsoleIrq - 32));
  machine.uart_room = 0;
  for (u32 i = 0; i < bulkhead::kConsoleTransmitSlots - kRoom; ++i) {
    (void)store(beta, kPl011, 'z');
    deliver_sgis();
  }
  (void)store(beta, kPl011 + 0x38, kTransmit);
  machine.core = 2;
  REQUIRE(list_of(kConsoleIrq) >= 0);
  CHECK(list_pending(list_of(kConsoleIrq)));
  CHECK(value_at(beta, kPl011 + 0x3C) == kTransmit);
  (void)store(beta, kPl011, 'z');  // one slot less than the room that it takes
  CHECK(value_at(beta, kPl011 + 0x3C) == 0);
  machine.core = 2;
  CHECK((list_of(kConsoleIrq) < 0 || !list_pending(list_of(kConsoleIrq))));
  machine.uart_room = 1U << 20;
  (void)interrupt(vcpu(kAlpha), 33);
  deliver_sgis();
  machine.core = 2;
  REQUIRE(list_of(kConsoleIrq) >= 0);
  CHECK(list_pending(list_of(kConsoleIrq)));
  CHECK(value_at(beta, kPl011 + 0x40) == kTransmit);
  (void)store(beta, kPl011 + 0x44, kTransmit);
  CHECK(value_at(beta, kPl011 + 0x3C) == 0);  // cleared by the driver it stays so, room or not
}

TEST_CASE("only the supervisor core touches the UART", "[LLR-208]") {
  boot();
  (void)call(vcpu(kBeta), kWrite, 1, 'x');
  CHECK(machine.transmitted.empty());
  REQUIRE(machine.sgis.size() == 1);
  CHECK(machine.sgis[0].first == 1);
  deliver_sgis();
  CHECK(machine.transmitted == "[beta] x");
}
