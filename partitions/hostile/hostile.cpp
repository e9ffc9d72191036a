// SPDX-License-Identifier: Apache-2.0
//
// The prompt: reads a line, finds the act, runs it.
#include "hostile.hpp"

#include "bulkhead_partition.h"

namespace hostile {
namespace {

constexpr uint64_t kLooksPerSecond{100};
constexpr size_t kLineCapacity{120};
constexpr uint32_t kSharedIds{1020};

// Exception classes (DDI 0487, D19.2.37, ESR_ELx.EC).
constexpr uint64_t kClassShift{26};
constexpr uint64_t kInstructionAbort{0x21};
constexpr uint64_t kPcAlignment{0x22};
constexpr uint64_t kIllegalState{1U << 20U};  // SPSR_EL1.IL
constexpr uint64_t kSErrorVector{0x380};
// A level that nobody lowers comes back for ever: after so many times it is switched off.
constexpr uint32_t kPatience{16};

volatile uint64_t exception_count{0};
volatile uint64_t exception_syndrome{0};
volatile uint64_t interrupt_count{0};
volatile uint32_t interrupts_by_id[kSharedIds];

bool is_space(char character) { return (character == ' ') || (character == '\t'); }

bool starts_word(const char* line, const char* word, size_t& length)
{
    length = 0;
    while ((word[length] != '\0') && (line[length] == word[length])) {
        ++length;
    }
    return (word[length] == '\0') && ((line[length] == '\0') || is_space(line[length]));
}

uint64_t parse_number(const char*& text)
{
    uint64_t value{0};
    uint64_t base{10};
    if ((text[0] == '0') && (text[1] == 'x')) {
        base = 16;
        text += 2;
    }
    for (; (*text != '\0') && !is_space(*text); ++text) {
        const char character{*text};
        const uint64_t digit{((character >= '0') && (character <= '9'))   ? static_cast<uint64_t>(character - '0')
                             : ((character >= 'a') && (character <= 'f')) ? static_cast<uint64_t>(character - 'a' + 10)
                                                                          : 0U};
        value = (value * base) + digit;
    }
    return value;
}

Arguments parse_arguments(const char* text)
{
    Arguments arguments{0, {}};
    while ((*text != '\0') && (arguments.count < kMostArguments)) {
        if (is_space(*text)) {
            ++text;
        } else {
            arguments.value[arguments.count] = parse_number(text);
            ++arguments.count;
        }
    }
    return arguments;
}

bool run_from(const ActList& list, const char* line)
{
    for (uint32_t i{0}; i < list.count; ++i) {
        size_t length{0};
        if (starts_word(line, list.acts[i].name, length)) {
            bulkhead::print("hostile: %s\n", line);
            forget_exceptions();
            list.acts[i].run(parse_arguments(&line[length]));
            bulkhead::print("hostile: done %s\n", list.acts[i].name);
            return true;
        }
    }
    return false;
}

void print_help(const ActList& list)
{
    for (uint32_t i{0}; i < list.count; ++i) {
        bulkhead::print("  %s %s\n", list.acts[i].name, list.acts[i].usage);
    }
}

void run_line(const char* line)
{
    const ActList lists[]{memory_acts(), call_acts(), register_acts(), interrupt_acts(), random_acts(), raid_acts()};
    bool is_known{*line == '\0'};
    for (const ActList& list : lists) {
        is_known = is_known || run_from(list, line);
    }
    if (!is_known) {
        bulkhead::print("hostile: no act '%s'; there are\n", line);
        for (const ActList& list : lists) {
            print_help(list);
        }
    }
}

}  // namespace

void forget_exceptions() { exception_count = 0; }

uint64_t exceptions() { return exception_count; }

uint64_t last_syndrome() { return exception_syndrome; }

void print_outcome(uint64_t value)
{
    if (exception_count != 0U) {
        bulkhead::print(" -> exception esr 0x%x\n", last_syndrome());
    } else {
        bulkhead::print(" -> 0x%x\n", value);
    }
    forget_exceptions();
}

uint64_t interrupts_taken() { return interrupt_count; }

uint64_t interrupts_taken(uint32_t intid) { return interrupts_by_id[intid % kSharedIds]; }

void forget_interrupts()
{
    interrupt_count = 0;
    for (volatile uint32_t& count : interrupts_by_id) {
        count = 0;
    }
}

}  // namespace hostile

void bulkhead_on_exception(struct bulkhead_exception* exception)
{
    hostile::exception_count = hostile::exception_count + 1U;
    hostile::exception_syndrome = exception->esr;
    exception->spsr &= ~hostile::kIllegalState;
    const uint64_t kind{exception->esr >> hostile::kClassShift};
    if (exception->vector == hostile::kSErrorVector) {
        // Not the instruction that it happened at: nothing to skip.
    } else if ((kind == hostile::kInstructionAbort) || (kind == hostile::kPcAlignment)) {
        exception->elr = exception->x[30];
    } else {
        exception->elr += 4U;
    }
}

void bulkhead_on_interrupt(uint32_t intid)
{
    if (!bulkhead_period_interrupt(intid)) {
        hostile::interrupt_count = hostile::interrupt_count + 1U;
        const uint32_t count{hostile::interrupts_by_id[intid % hostile::kSharedIds] + 1U};
        hostile::interrupts_by_id[intid % hostile::kSharedIds] = count;
        if ((count % hostile::kPatience) == 0U) {
            bulkhead_irq_disable(intid);
        }
    }
}

void bulkhead_main(uint64_t)
{
    char line[hostile::kLineCapacity + 1U];
    size_t used{0};
    bulkhead_irq_init();
    bulkhead_period_start(bulkhead_ticks_per_second() / hostile::kLooksPerSecond);
    if (bulkhead_health_irq != 0U) {
        bulkhead_irq_enable(bulkhead_health_irq);
    }
    const bool has_watchdog{bulkhead_watchdog_kick() == bulkhead_ok};
    static_cast<void>(bulkhead_ready());
    bulkhead::print("hostile> ");
    for (;;) {
        if (has_watchdog) {
            static_cast<void>(bulkhead_watchdog_kick());
        }
        char typed[16];
        const size_t count{bulkhead_console_read(typed, sizeof(typed))};
        for (size_t i{0}; i < count; ++i) {
            if ((typed[i] == '\r') || (typed[i] == '\n')) {
                line[used] = '\0';
                used = 0;
                bulkhead::print("\n");
                hostile::run_line(line);
                bulkhead::print("hostile> ");
            } else if (used < hostile::kLineCapacity) {
                line[used] = typed[i];
                ++used;
            } else {
                // A longer line is cut.
            }
        }
        // Not asleep: an act may have switched off the timer's interrupt.
        asm volatile("yield");
    }
}
