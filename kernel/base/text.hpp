// SPDX-License-Identifier: Apache-2.0
// implements: LLR-735
// A line of text under construction in a fixed buffer. What does not fit is cut, never written past the end.
#ifndef BULKHEAD_KERNEL_BASE_TEXT_HPP_
#define BULKHEAD_KERNEL_BASE_TEXT_HPP_

#include "base/types.hpp"

namespace bulkhead {

template <u32 Capacity>
struct TextBuffer {
  u32 length;
  u32 taken;               ///< bytes already sent
  u8 bytes[Capacity];

  void clear() {
    length = 0;
    taken = 0;
  }
  bool empty() const { return taken == length; }
  [[gnu::cold, gnu::noinline]] void put(char c) {
    if (length < Capacity) {
      bytes[length] = static_cast<u8>(c);
      ++length;
    }
  }
  /// Zero-terminated text.
  [[gnu::cold, gnu::noinline]] void put(const char* text) {
    for (const char* c = text; *c != '\0'; ++c) {
      put(*c);
    }
  }
  [[gnu::cold, gnu::noinline]] void put_hex(u64 value, u32 digits) {
    for (u32 i = digits; i > 0; --i) {
      const u32 nibble = static_cast<u32>(value >> ((i - 1) * 4)) & 0xF;
      put(static_cast<char>(nibble < 10 ? '0' + nibble : 'a' + (nibble - 10)));
    }
  }
  /// Hexadecimal with 0x and without leading zeros.
  [[gnu::cold, gnu::noinline]] void put_address(u64 value) {
    put("0x");
    u32 digits = 1;
    while (digits < 16 && (value >> (digits * 4)) != 0) {
      ++digits;
    }
    put_hex(value, digits);
  }
  [[gnu::cold, gnu::noinline]] void put_decimal(u32 value) {
    u32 divisor = 1;
    while (value / divisor >= 10) {
      divisor *= 10;
    }
    for (; divisor != 0; divisor /= 10) {
      put(static_cast<char>('0' + (value / divisor) % 10));
    }
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_BASE_TEXT_HPP_
