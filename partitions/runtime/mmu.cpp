// SPDX-License-Identifier: Apache-2.0
// implements: LLR-401
//
// Identity map of a native partition: 4 KiB granule, 39 bits of address, start level 1 (DDI 0487, D8.3).
#include "bulkhead.h"
#include "bulkhead_partition.h"
#include "system_register.hpp"

extern "C" {
// Bounds of the sections, multiples of 4 KiB: runtime.ld.
extern const char link_text[];
extern const char link_rodata[];
extern const char link_data[];
}

namespace {

constexpr uint64_t kPageSize{0x1000};
constexpr uint32_t kEntries{512};
constexpr uint32_t kLastLevel{3};
constexpr uint32_t kFirstLevel{1};

// Descriptor bits (DDI 0487, D8.3.1, D8.3.2).
constexpr uint64_t kValid{1U << 0U};
constexpr uint64_t kTableOrPage{1U << 1U};
constexpr uint64_t kAttributeShift{2};
constexpr uint64_t kReadOnly{2U << 6U};
constexpr uint64_t kInnerShareable{3U << 8U};
constexpr uint64_t kAccessed{1U << 10U};
constexpr uint64_t kNotExecutable{3ULL << 53U};  // PXN and UXN
constexpr uint64_t kAddressMask{0xFFFFFFFFF000};

// MAIR_EL1: what the attribute indices stand for (DDI 0487, D19.2.90).
constexpr uint64_t kDeviceIndex{0};
constexpr uint64_t kWriteBackIndex{1};
constexpr uint64_t kUncachedIndex{2};
constexpr uint64_t kMemoryAttributes{(0x04ULL << (8U * kDeviceIndex)) | (0xFFULL << (8U * kWriteBackIndex)) | (0x44ULL << (8U * kUncachedIndex))};

constexpr uint64_t kCommon{kValid | kAccessed | kInnerShareable};
constexpr uint64_t kDevice{kCommon | kNotExecutable | (kDeviceIndex << kAttributeShift)};
constexpr uint64_t kData{kCommon | kNotExecutable | (kWriteBackIndex << kAttributeShift)};
constexpr uint64_t kConstants{kData | kReadOnly};
constexpr uint64_t kUncached{kCommon | kNotExecutable | (kUncachedIndex << kAttributeShift)};
constexpr uint64_t kText{kCommon | kReadOnly | (kWriteBackIndex << kAttributeShift)};

struct alignas(kPageSize) Table {
    uint64_t entries[kEntries];
};

constexpr uint32_t kTables{12};
Table tables[kTables];
uint32_t used_tables{0};
bool is_built{false};
bool is_enabled{false};

constexpr uint64_t size_at(uint32_t level) { return kPageSize << (9U * (kLastLevel - level)); }

constexpr uint32_t index_at(uint32_t level, uint64_t address) { return static_cast<uint32_t>(address / size_at(level)) % kEntries; }

constexpr uint64_t leaf(uint64_t address, uint64_t attributes, uint32_t level)
{
    return address | attributes | ((level == kLastLevel) ? kTableOrPage : 0U);
}

// A table that maps what `block` maps, one level further down; null when there is none left.
Table* split(uint64_t block, uint32_t level)
{
    if (used_tables == kTables) {
        return nullptr;
    }
    Table* const table{&tables[used_tables]};
    ++used_tables;
    for (uint32_t i{0}; i < kEntries; ++i) {
        const uint64_t address{(block & kAddressMask) + (i * size_at(level + 1U))};
        table->entries[i] = leaf(address, block & ~(kAddressMask | kTableOrPage), level + 1U);
    }
    return table;
}

bool map_one(uint64_t address, uint64_t size_left, uint64_t attributes, uint64_t& mapped)
{
    Table* table{&tables[0]};
    uint32_t level{kFirstLevel};
    for (;;) {
        uint64_t& entry{table->entries[index_at(level, address)]};
        if (((address % size_at(level)) == 0U) && (size_left >= size_at(level))) {
            entry = leaf(address, attributes, level);
            mapped = size_at(level);
            return true;
        }
        if ((entry & kTableOrPage) == 0U) {
            Table* const lower{split(entry, level)};
            if (lower == nullptr) {
                return false;
            }
            entry = reinterpret_cast<uintptr_t>(lower) | kValid | kTableOrPage;
        }
        table = reinterpret_cast<Table*>(static_cast<uintptr_t>(entry & kAddressMask));
        ++level;
    }
}

bool map(uint64_t base, uint64_t size, uint64_t attributes)
{
    uint64_t done{0};
    bool is_mapped{true};
    while (is_mapped && (done < size)) {
        uint64_t step{0};
        is_mapped = map_one(base + done, size - done, attributes, step);
        done += step;
    }
    return is_mapped;
}

bool build()
{
    used_tables = 1;
    for (uint32_t i{0}; i < kEntries; ++i) {
        tables[0].entries[i] = leaf(i * size_at(kFirstLevel), kDevice, kFirstLevel);
    }
    const uint64_t text{reinterpret_cast<uintptr_t>(&link_text)};
    const uint64_t rodata{reinterpret_cast<uintptr_t>(&link_rodata)};
    const uint64_t data{reinterpret_cast<uintptr_t>(&link_data)};
    return map(bulkhead_ram_base, bulkhead_ram_size & ~(kPageSize - 1U), kData) && map(text, rodata - text, kText) &&
           map(rodata, data - rodata, kConstants);
}

}  // namespace

bool bulkhead_mmu_map(uint64_t base, uint64_t size, enum bulkhead_memory_kind kind)
{
    if (is_enabled || ((base % kPageSize) != 0U) || ((size % kPageSize) != 0U)) {
        return false;
    }
    is_built = is_built || build();
    const uint64_t attributes{(kind == bulkhead_memory_write_back)  ? kData
                              : (kind == bulkhead_memory_uncached)  ? kUncached
                              : (kind == bulkhead_memory_read_only) ? kConstants
                                                                    : kDevice};
    return is_built && map(base, size, attributes);
}

bool bulkhead_channel_map(const struct bulkhead_channel* channel)
{
    const bool sends{channel->sends != 0U};
    const bool uncached{channel->uncached != 0U};
    const bulkhead_memory_kind own{uncached ? bulkhead_memory_uncached : bulkhead_memory_write_back};
    const bulkhead_memory_kind other{uncached ? bulkhead_memory_uncached : bulkhead_memory_read_only};
    return bulkhead_mmu_map(channel->base, channel->size, sends ? own : other) &&
           ((channel->back_size == 0U) || bulkhead_mmu_map(channel->back_base, channel->back_size, sends ? other : own));
}

void bulkhead_mmu_enable(void)
{
    is_built = is_built || build();
    if (is_built) {
        is_enabled = true;
        runtime::MAIR_EL1::write(kMemoryAttributes);
        runtime::TCR_EL1::write(runtime::TCR_EL1::kSize39Bits | runtime::TCR_EL1::kWalkInnerWriteBack |
                                runtime::TCR_EL1::kWalkOuterWriteBack | runtime::TCR_EL1::kWalkInnerShareable |
                                runtime::TCR_EL1::kNoUpperHalf | runtime::TCR_EL1::kPhysical40Bits);
        runtime::TTBR0_EL1::write(reinterpret_cast<uintptr_t>(&tables[0]));
        // The tables are in memory, no stale translation or instruction is left, and the core has seen the
        // new registers, before the first translated fetch.
        asm volatile("dsb sy\n\ttlbi vmalle1\n\tic iallu\n\tdsb nsh\n\tisb" ::: "memory");
        runtime::SCTLR_EL1::write(runtime::SCTLR_EL1::read() | runtime::SCTLR_EL1::kMmu | runtime::SCTLR_EL1::kDataCache |
                                  runtime::SCTLR_EL1::kInstructionCache);
        runtime::isb();
    }
}
