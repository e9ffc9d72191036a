// SPDX-License-Identifier: Apache-2.0
// implements: LLR-021, LLR-025, LLR-026, LLR-041, LLR-042, LLR-043, LLR-045, LLR-046, LLR-047
// Translation tables as constants: 4 KiB granule, walks start at level 1 (Arm ARM D8.2). `build_tables` is evaluated by
// the compiler while it compiles the tables of a system, so no table is ever written at run time (but a gate's root).
#ifndef BULKHEAD_KERNEL_ARCH_AARCH64_TRANSLATION_TABLE_HPP_
#define BULKHEAD_KERNEL_ARCH_AARCH64_TRANSLATION_TABLE_HPP_

#include "base/types.hpp"

namespace bulkhead {

inline constexpr u32 kTableEntries = 512;
inline constexpr u64 kDescriptorTable = 3;   ///< bits 1:0 of a table descriptor, and of a level 3 page
inline constexpr u64 kDescriptorBlock = 1;   ///< bits 1:0 of a level 1 or 2 block

/// Attribute bits of a leaf descriptor, all but the address and the type.
namespace stage1 {
// MAIR_EL2 (boot.S): index 0 = Device-nGnRE, index 1 = Normal write-back.
inline constexpr u64 kAccessed = u64{1} << 10;
inline constexpr u64 kInner = u64{3} << 8;
inline constexpr u64 kEl2Res1 = u64{1} << 6;      // AP[1] is RES1 in the EL2 regime
inline constexpr u64 kReadOnlyBit = u64{1} << 7;
inline constexpr u64 kExecuteNever = u64{1} << 54;
// No name for memory that is both writable and executable: only the three below exist.
inline constexpr u64 kText = (u64{1} << 2) | kInner | kAccessed | kEl2Res1 | kReadOnlyBit;
inline constexpr u64 kReadOnly = kText | kExecuteNever;
inline constexpr u64 kReadWrite = (kText & ~kReadOnlyBit) | kExecuteNever;
inline constexpr u64 kDevice = kAccessed | kEl2Res1 | kExecuteNever;
}  // namespace stage1

namespace stage2 {
inline constexpr u64 kAccessed = u64{1} << 10;
inline constexpr u64 kInner = u64{3} << 8;
inline constexpr u64 kRead = u64{1} << 6;
inline constexpr u64 kWrite = u64{2} << 6;
inline constexpr u64 kExecuteNever = u64{2} << 53;
inline constexpr u64 kWriteBack = u64{15} << 2;
inline constexpr u64 kNonCacheable = u64{5} << 2;
inline constexpr u64 kDeviceMemory = u64{1} << 2;  // nGnRE
inline constexpr u64 kRam = kWriteBack | kInner | kAccessed | kRead | kWrite;
inline constexpr u64 kRamNoExecute = kRam | kExecuteNever;
inline constexpr u64 kRamReadOnly = kWriteBack | kInner | kAccessed | kRead | kExecuteNever;
inline constexpr u64 kShared = kNonCacheable | kInner | kAccessed | kRead | kWrite | kExecuteNever;
inline constexpr u64 kSharedReadOnly = kNonCacheable | kInner | kAccessed | kRead | kExecuteNever;
inline constexpr u64 kDevice = kDeviceMemory | kAccessed | kRead | kWrite | kExecuteNever;
}  // namespace stage2

/// One stretch of the input space. `attributes` 0 makes a level 2 entry that points to an existing level 3 table at
/// `output` (the kernel's own, shared by all load tables). `Input`: Va of stage 1, Ipa of stage 2.
template <class Input>
struct Mapping {
  Input input;     ///< 4 KiB aligned
  Pa output;       ///< 4 KiB aligned
  u64 size;        ///< bytes, multiple of 4 KiB
  u64 attributes;
};

/// A root of `RootEntries` level 1 entries (8 B each, aligned to its size by the linker script) and its next-level tables.
template <usize RootEntries>
struct alignas(RootEntries * 8) RootTable {
  u64 entries[RootEntries];
};
template <usize Tables>
struct alignas(kPageSize) NextTables {
  u64 entries[Tables == 0 ? 1 : Tables][kTableEntries];
};

template <usize RootEntries, usize Tables>
struct TableSet {
  RootTable<RootEntries> root{};
  NextTables<Tables> next{};
  usize used{0};      ///< next-level tables taken
  bool ok{true};      ///< false: a mapping overlaps another, is misaligned, or the tables ran out
};

namespace detail {

/// Index of the table that `slot` points to within `set.next`, making it if the slot is empty.
template <usize RootEntries, usize Tables>
constexpr usize descend(TableSet<RootEntries, Tables>& set, u64& slot, Pa next_base) {
  if (slot == 0) {
    if (set.used >= Tables) {
      set.ok = false;
      return 0;
    }
    slot = (next_base + set.used * kPageSize).value | kDescriptorTable;
    ++set.used;
    return set.used - 1;
  }
  const u64 offset = Pa{slot & ~u64{kPageSize - 1}} - next_base;
  if ((slot & kDescriptorTable) != kDescriptorTable || offset >= Tables * kPageSize) {
    set.ok = false;  // a block, or somebody else's table, is there already
    return 0;
  }
  return offset / kPageSize;
}

constexpr void put(bool& ok, u64& slot, u64 descriptor) {
  if (slot != 0) {
    ok = false;
  }
  slot = descriptor;
}

}  // namespace detail

/// Builds the tables for `mappings`; `next_base` is where the linker script puts the next-level tables.
template <usize RootEntries, usize Tables, class Input, usize Count>
constexpr TableSet<RootEntries, Tables> build_tables(Pa next_base, const Mapping<Input> (&mappings)[Count]) {
  TableSet<RootEntries, Tables> set{};
  for (usize i = 0; i < Count; ++i) {
    u64 input = mappings[i].input.value;
    u64 output = mappings[i].output.value;
    u64 left = mappings[i].size;
    const u64 attributes = mappings[i].attributes;
    const u64 top = u64{RootEntries} * kBlock1GiB;
    // Bits above 48 of an output address would become attributes; an input beyond the root has no entry.
    if (((input | output | left) & (kPageSize - 1)) != 0 || left > top || input > top - left ||
        ((output + left) >> 48) != 0) {
      set.ok = false;
    }
    if (attributes == 0 && (left != kBlock2MiB || (input & (kBlock2MiB - 1)) != 0)) {
      set.ok = false;  // a linked table covers one level 2 entry, whole
    }
    while (left != 0 && set.ok) {
      u64& level1 = set.root.entries[input / kBlock1GiB];
      u64 step = kPageSize;
      if (attributes != 0 && ((input | output) & (kBlock1GiB - 1)) == 0 && left >= kBlock1GiB) {
        detail::put(set.ok, level1, output | attributes | kDescriptorBlock);
        step = kBlock1GiB;
      } else {
        const usize table2 = detail::descend(set, level1, next_base);
        if (!set.ok) {
          break;
        }
        u64& level2 = set.next.entries[table2][(input / kBlock2MiB) % kTableEntries];
        if (attributes == 0) {
          detail::put(set.ok, level2, output | kDescriptorTable);
          step = kBlock2MiB;
        } else if (((input | output) & (kBlock2MiB - 1)) == 0 && left >= kBlock2MiB) {
          detail::put(set.ok, level2, output | attributes | kDescriptorBlock);
          step = kBlock2MiB;
        } else {
          const usize table3 = detail::descend(set, level2, next_base);
          if (!set.ok) {
            break;
          }
          u64& level3 = set.next.entries[table3][(input / kPageSize) % kTableEntries];
          detail::put(set.ok, level3, output | attributes | kDescriptorTable);
        }
      }
      input += step;
      output += step;
      left -= step;
    }
  }
  return set;
}

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_ARCH_AARCH64_TRANSLATION_TABLE_HPP_
