// SPDX-License-Identifier: Apache-2.0
//
// Accesses where they do not belong, of every form an access can have.
#include "bulkhead_partition.h"
#include "hostile.hpp"

namespace hostile {
namespace {

constexpr uint64_t kPage{0x1000};

uint64_t outside() { return bulkhead_ram_base + bulkhead_ram_size + kPage; }

uint64_t aim(const Arguments& arguments) { return (arguments.count > 0U) ? arguments.value[0] : outside(); }

void read(const Arguments& arguments, uint32_t size_bytes)
{
    const uint64_t address{aim(arguments)};
    bulkhead::print("read%u 0x%x", 8U * size_bytes, address);
    print_outcome(load(address, size_bytes));
}

void write(const Arguments& arguments, uint32_t size_bytes)
{
    const uint64_t address{aim(arguments)};
    const uint64_t value{arguments.value[1]};
    bulkhead::print("write%u 0x%x 0x%x", 8U * size_bytes, address, value);
    touch(address, size_bytes, true, value);
    print_outcome(value);
}

void read8(const Arguments& arguments) { read(arguments, 1); }
void read16(const Arguments& arguments) { read(arguments, 2); }
void read32(const Arguments& arguments) { read(arguments, 4); }
void read64(const Arguments& arguments) { read(arguments, 8); }
void write8(const Arguments& arguments) { write(arguments, 1); }
void write16(const Arguments& arguments) { write(arguments, 2); }
void write32(const Arguments& arguments) { write(arguments, 4); }
void write64(const Arguments& arguments) { write(arguments, 8); }

void execute(const Arguments& arguments)
{
    const uint64_t address{aim(arguments)};
    bulkhead::print("execute 0x%x", address);
    reinterpret_cast<void (*)()>(static_cast<uintptr_t>(address))();
    print_outcome(0);
}

// All the forms whose exception carries no decoded register, on the distributor unless aimed elsewhere.
void awkward(const Arguments& arguments)
{
    const uint64_t address{(arguments.count > 0U) ? arguments.value[0] : bulkhead_gicd_base};
    for (uint32_t kind{0}; kind < kAwkwardKinds; ++kind) {
        bulkhead::print("awkward %u at 0x%x", kind, address);
        touch_awkwardly(address, kind);
        print_outcome(0);
    }
}

constexpr Act kActs[]{
    {"read8", "[ADDRESS]: default is behind the end of the partition's RAM", read8},
    {"read16", "[ADDRESS]", read16},
    {"read32", "[ADDRESS]", read32},
    {"read64", "[ADDRESS]", read64},
    {"write8", "[ADDRESS VALUE]", write8},
    {"write16", "[ADDRESS VALUE]", write16},
    {"write32", "[ADDRESS VALUE]", write32},
    {"write64", "[ADDRESS VALUE]", write64},
    {"execute", "[ADDRESS]: calls it", execute},
    {"awkward", "[ADDRESS]: pair, write-back, SIMD, exclusive, unaligned, DC ZVA on the distributor", awkward},
};

}  // namespace

ActList memory_acts() { return {kActs, sizeof(kActs) / sizeof(kActs[0])}; }

uint64_t load(uint64_t address, uint32_t size_bytes)
{
    uint64_t value{0};
    switch (size_bytes) {
    case 1:
        asm volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
        break;
    case 2:
        asm volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
        break;
    case 4:
        asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
        break;
    default:
        asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
        break;
    }
    return value;
}

void touch(uint64_t address, uint32_t size_bytes, bool is_write, uint64_t value)
{
    if (!is_write) {
        static_cast<void>(load(address, size_bytes));
    } else {
        switch (size_bytes) {
        case 1:
            asm volatile("strb %w0, [%1]" : : "r"(value), "r"(address) : "memory");
            break;
        case 2:
            asm volatile("strh %w0, [%1]" : : "r"(value), "r"(address) : "memory");
            break;
        case 4:
            asm volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
            break;
        default:
            asm volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
            break;
        }
    }
}

void touch_awkwardly(uint64_t address, uint32_t kind)
{
    uint64_t low{0};
    uint64_t high{0};
    uint64_t moving{address};
    switch (kind) {
    case 0:
        asm volatile("ldp %0, %1, [%2]" : "=&r"(low), "=&r"(high) : "r"(address) : "memory");
        break;
    case 1:
        asm volatile("stp %0, %1, [%2]" : : "r"(low), "r"(high), "r"(address) : "memory");
        break;
    case 2:
        asm volatile("ldr %w0, [%1], #4" : "=&r"(low), "+r"(moving) : : "memory");
        break;
    case 3:
        asm volatile("str %w1, [%0, #4]!" : "+r"(moving) : "r"(low) : "memory");
        break;
    case 4:
        asm volatile("ldr q0, [%0]" : : "r"(address) : "v0", "memory");
        break;
    case 5:
        asm volatile("ldxr %w0, [%1]" : "=r"(low) : "r"(address) : "memory");
        break;
    case 6:
        asm volatile("ldr %w0, [%1]" : "=r"(low) : "r"(address + 1U) : "memory");
        break;
    default:
        asm volatile("dc zva, %0" : : "r"(address) : "memory");
        break;
    }
}

}  // namespace hostile
