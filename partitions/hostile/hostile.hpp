// SPDX-License-Identifier: Apache-2.0
//
// What the acts share: how an exception is survived, the random numbers, and the acts of each file.
#ifndef HOSTILE_HPP
#define HOSTILE_HPP

#include "bulkhead.hpp"

namespace hostile {

constexpr uint32_t kMostArguments{6};

struct Arguments {
    uint32_t count;
    uint64_t value[kMostArguments];
};

struct Act {
    const char* name;
    const char* usage;
    void (*run)(const Arguments& arguments);
};

struct ActList {
    const Act* acts;
    uint32_t count;
};

ActList memory_acts();
ActList call_acts();
ActList register_acts();
ActList interrupt_acts();
ActList random_acts();
ActList raid_acts();

// Exceptions since the last forget(): the handler skips the instruction, or returns from a bad call.
void forget_exceptions();
uint64_t exceptions();
uint64_t last_syndrome();
// Prints " -> " and what the act got: a value, or the exception.
void print_outcome(uint64_t value);

// Acts that the random mode uses as well.
void touch(uint64_t address, uint32_t size_bytes, bool is_write, uint64_t value);
uint64_t load(uint64_t address, uint32_t size_bytes);
void touch_awkwardly(uint64_t address, uint32_t kind);
constexpr uint32_t kAwkwardKinds{8};
uint32_t register_count();
uint64_t read_register(uint32_t index);
void write_register(uint32_t index, uint64_t value);
void operate_cache(uint32_t kind, uint64_t operand);
constexpr uint32_t kCacheKinds{6};
bulkhead_result call_with_immediate(uint32_t kind, uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3);
constexpr uint32_t kImmediateKinds{6};
void end_interrupt(uint32_t intid);
void send_software_interrupt(uint64_t value);

// What the interrupts did meanwhile.
uint64_t interrupts_taken();
uint64_t interrupts_taken(uint32_t intid);
void forget_interrupts();

}  // namespace hostile

#endif
