// SPDX-License-Identifier: Apache-2.0
// Strong types and small helpers of base/.
#include <catch2/catch.hpp>

#include <type_traits>

#include "arch/aarch64/registers.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/types.hpp"

using namespace bulkhead;

TEST_CASE("addresses of different spaces have nothing in common", "[LLR-731]") {
  CHECK_FALSE(std::is_convertible_v<Pa, Ipa>);
  CHECK_FALSE(std::is_convertible_v<Va, Pa>);
  CHECK_FALSE(std::is_convertible_v<u64, Pa>);
  CHECK_FALSE(std::is_convertible_v<Pa, u64>);
  CHECK_FALSE(std::is_constructible_v<Pa, Ipa>);
  CHECK((Pa{0x1000} + 0x10) == Pa{0x1010});
  CHECK(Pa{0x1010} - Pa{0x1000} == 0x10);
  CHECK(Pa{0x0FFF} - Pa{0x1000} == ~u64{0});
}

TEST_CASE("partition ids and rows do not convert", "[LLR-732]") {
  CHECK_FALSE(std::is_convertible_v<u32, PartitionId>);
  CHECK_FALSE(std::is_convertible_v<PartitionId, u32>);
}

TEST_CASE("fields of a register", "[LLR-733]") {
  const HcrEl2 hcr = HcrEl2{0}.with<HcrEl2::Vm>(1).with<HcrEl2::Tsc>(1);
  CHECK(hcr.value == ((u64{1} << 0) | (u64{1} << 19)));
  CHECK(hcr.with<HcrEl2::Vm>(0).get<HcrEl2::Vm>() == 0);
  CHECK(EsrEl2{u64{0x24} << 26}.get<EsrEl2::Ec>() == 0x24);
  CHECK(EsrEl2{0}.with<EsrEl2::Srt>(0xFF).value == u64{31} << 16);  // cut to the field's width
}

TEST_CASE("text never leaves its buffer", "[LLR-735]") {
  struct {
    TextBuffer<8> text{};
    u8 guard[8]{1, 2, 3, 4, 5, 6, 7, 8};
  } place;
  place.text.put("0123456789");
  place.text.put_decimal(4'000'000'000U);
  place.text.put_hex(~u64{0}, 16);
  CHECK(place.text.length == 8);
  for (u8 i = 0; i < 8; ++i) {
    CHECK(place.guard[i] == i + 1);
  }
}

TEST_CASE("numbers as text", "[LLR-010]") {
  TextBuffer<64> text{};
  text.put_decimal(0);
  text.put(' ');
  text.put_decimal(4294967295U);
  text.put(' ');
  text.put_address(0);
  text.put(' ');
  text.put_address(0xFFFF'FFFF'FFFF'FFFF);
  text.put(' ');
  text.put_hex(0xAB, 4);
  CHECK(std::string(reinterpret_cast<const char*>(text.bytes), text.length) == "0 4294967295 0x0 0xffffffffffffffff 00ab");
}

TEST_CASE("nanoseconds to ticks, without overflow", "[LLR-009]") {
  CHECK(ticks_from_ns(1'000'000'000, 62'500'000) == 62'500'000);
  CHECK(ticks_from_ns(16, 62'500'000) == 1);
  CHECK(ticks_from_ns(15, 62'500'000) == 0);
  CHECK(ticks_from_ns(3'600'000'000'999, 1'000'000'000) == 3'600'000'000'999);
}
