// SPDX-License-Identifier: Apache-2.0
// implements: LLR-731, LLR-732
// Strong types of the kernel: addresses of the three spaces and the id by which a partition is known. No hardware.
#ifndef BULKHEAD_KERNEL_BASE_TYPES_HPP_
#define BULKHEAD_KERNEL_BASE_TYPES_HPP_

#include <cstddef>
#include <cstdint>

namespace bulkhead {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using usize = std::size_t;

/// An address in one of the three spaces; the tag keeps the spaces apart at compile time.
template <class Tag>
struct Address {
  u64 value;

  Address() = default;  // trivial, so that state in .bss needs no constructor; `Pa{}` is 0
  constexpr explicit Address(u64 raw) : value{raw} {}
  constexpr Address operator+(u64 offset_bytes) const { return Address{value + offset_bytes}; }
  /// Bytes from `base` on; below it, a number beyond every size.
  constexpr u64 operator-(Address base) const { return value - base.value; }
  constexpr bool is_aligned(u64 power_of_two) const { return (value & (power_of_two - 1)) == 0; }
  constexpr bool operator==(Address other) const { return value == other.value; }
  constexpr bool operator!=(Address other) const { return value != other.value; }
};

using Pa = Address<struct PhysicalTag>;                ///< physical address
using Ipa = Address<struct IntermediatePhysicalTag>;   ///< what a guest takes for a physical address
using Va = Address<struct VirtualTag>;                 ///< address in the kernel's own stage-1 map

inline constexpr u64 kPageSize = 4096;        ///< translation granule (Arm ARM D8.2: 4 KiB)
inline constexpr u64 kBlock2MiB = 0x20'0000;  ///< level 2 block
inline constexpr u64 kBlock1GiB = 0x4000'0000;  ///< level 1 block
inline constexpr usize kCacheLine = 64;       ///< Cortex-A53 and A72 data cache line

/// What guests and the console call a partition; its row in the tables is another number, since ids may leave gaps.
enum class PartitionId : u16 {};

constexpr u32 raw(PartitionId id) { return static_cast<u32>(id); }

/// Number of trailing zeros of a non-zero word.
constexpr u32 lowest_bit(u32 word) { return static_cast<u32>(__builtin_ctz(word)); }
constexpr u64 rotate_right(u64 word, u32 bits) { return (word >> bits) | (word << (64 - bits)); }
constexpr u32 lowest_bit64(u64 word) { return static_cast<u32>(__builtin_ctzll(word)); }

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_BASE_TYPES_HPP_
