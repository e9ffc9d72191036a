// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1030
#include "device_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace bulkhead::linux_port {

namespace {

constexpr char kRoot[]{"/proc/device-tree"};
constexpr size_t kCell{4};
constexpr size_t kValueBytes{256};
constexpr size_t kPathBytes{512};

struct Value {
    unsigned char bytes[kValueBytes]{};
    size_t length{0};

    uint64_t number(size_t offset, size_t size) const
    {
        uint64_t result{0};
        for (size_t i{0}; (i < size) && ((offset + i) < length); ++i) {
            result = (result << 8U) | bytes[offset + i];
        }
        return result;
    }
    const char* text() const { return reinterpret_cast<const char*>(bytes); }
};

// A property, zero-terminated; false if the node has none of that name.
bool read_property(const char* node, const char* name, Value& value)
{
    char path[kPathBytes];
    std::snprintf(path, sizeof(path), "%s/%s/%s", kRoot, node, name);
    std::FILE* const file{std::fopen(path, "rb")};
    value = {};
    if (file == nullptr) {
        return false;
    }
    value.length = std::fread(value.bytes, 1, sizeof(value.bytes) - 1U, file);
    std::fclose(file);
    return true;
}

uint64_t number_of(const char* node, const char* name, size_t size)
{
    Value value;
    return read_property(node, name, value) ? value.number(0, size) : 0U;
}

// Base and size of the reserved-memory node that a phandle names.
bool find_memory(uint64_t phandle, uint64_t& base, uint64_t& size)
{
    char folder[kPathBytes];
    std::snprintf(folder, sizeof(folder), "%s/reserved-memory", kRoot);
    DIR* const list{opendir(folder)};
    bool is_found{false};
    for (const dirent* entry{list != nullptr ? readdir(list) : nullptr}; (entry != nullptr) && !is_found; entry = readdir(list)) {
        char node[kPathBytes];
        std::snprintf(node, sizeof(node), "reserved-memory/%s", entry->d_name);
        Value reg;
        if ((number_of(node, "phandle", kCell) == phandle) && read_property(node, "reg", reg)) {
            base = reg.number(0, 2U * kCell);
            size = reg.number(2U * kCell, 2U * kCell);
            is_found = true;
        }
    }
    if (list != nullptr) {
        closedir(list);
    }
    return is_found;
}

bool read_channel(const char* node, Found& found)
{
    Value value;
    if (!read_property(node, "compatible", value) || (std::strcmp(value.text(), "bulkhead,channel") != 0)) {
        return false;
    }
    found = {};
    bulkhead_channel& channel{found.channel};
    if (read_property(node, "bulkhead,name", value)) {
        std::snprintf(found.name, sizeof(found.name), "%s", value.text());
    }
    if (read_property(node, "bulkhead,kind", value)) {
        channel.kind = (std::strcmp(value.text(), "sampling") == 0)  ? bulkhead_kind_sampling
                       : (std::strcmp(value.text(), "queuing") == 0) ? bulkhead_kind_queuing
                                                                     : bulkhead_kind_shared_memory;
    }
    if (read_property(node, "bulkhead,direction", value)) {
        channel.sends = (std::strcmp(value.text(), "receive") == 0) ? 0U : 1U;
    }
    channel.slot = static_cast<uint32_t>(number_of(node, "bulkhead,slot", kCell));
    channel.depth = static_cast<uint32_t>(number_of(node, "bulkhead,depth", kCell));
    channel.message_bytes = number_of(node, "bulkhead,message-size", kCell);
    channel.refresh_ns = number_of(node, "bulkhead,refresh", 2U * kCell);
    channel.uncached = 1;
    if (!read_property(node, "memory-region", value) || !find_memory(value.number(0, kCell), channel.base, channel.size)) {
        return false;
    }
    return (value.length < (2U * kCell)) || find_memory(value.number(kCell, kCell), channel.back_base, channel.back_size);
}

int by_slot(const void* one, const void* other)
{
    const uint32_t a{static_cast<const Found*>(one)->channel.slot};
    const uint32_t b{static_cast<const Found*>(other)->channel.slot};
    return (a > b) ? 1 : ((a < b) ? -1 : 0);
}

bool map_area(int memory, uint64_t& base, uint64_t size, bool writes)
{
    void* const place{mmap(nullptr, size, writes ? (PROT_READ | PROT_WRITE) : PROT_READ, MAP_SHARED, memory, static_cast<off_t>(base))};
    base = reinterpret_cast<uintptr_t>(place);
    return place != MAP_FAILED;
}

}  // namespace

int find_channels(Found (&list)[kMaximumChannels])
{
    DIR* const root{opendir(kRoot)};
    if (root == nullptr) {
        return -1;
    }
    unsigned count{0};
    for (const dirent* entry{readdir(root)}; (entry != nullptr) && (count < kMaximumChannels); entry = readdir(root)) {
        count += read_channel(entry->d_name, list[count]) ? 1U : 0U;
    }
    closedir(root);
    std::qsort(list, count, sizeof(list[0]), by_slot);
    for (unsigned i{0}; i < count; ++i) {
        list[i].channel.name = list[i].name;
    }
    return static_cast<int>(count);
}

bool map_channel(bulkhead_channel& channel)
{
    // O_SYNC: never through the cache, as at every other end of a channel with an end in Linux.
    const int memory{open("/dev/mem", O_RDWR | O_SYNC)};
    if (memory < 0) {
        return false;
    }
    const bool sends{channel.sends != 0U};
    const bool is_mapped{map_area(memory, channel.base, channel.size, sends) &&
                         ((channel.back_size == 0U) || map_area(memory, channel.back_base, channel.back_size, !sends))};
    close(memory);
    return is_mapped;
}

uint64_t boot_generation()
{
    uint64_t generation{0};
    std::FILE* const file{std::fopen("/proc/sys/kernel/random/boot_id", "r")};
    if (file != nullptr) {
        for (int digit{std::fgetc(file)}; digit != EOF; digit = std::fgetc(file)) {
            const char text[2]{static_cast<char>(digit), '\0'};
            char* end{nullptr};
            const uint64_t value{std::strtoull(text, &end, 16)};
            // The first 64 of its 128 bits fall out at the top: the last ones are the random ones.
            generation = (end != text) ? ((generation << 4U) | value) : generation;
        }
        std::fclose(file);
    }
    return generation | 1U;
}

}  // namespace bulkhead::linux_port
