// SPDX-License-Identifier: Apache-2.0
//
// When a scheduler gives this partition its core, and whether it gives it back unharmed.
#include "bulkhead_figure.hpp"
#include "bulkhead_partition.h"

extern "C" void timekeeper_watch(uint64_t* gap, uint64_t threshold, const uint64_t* pattern, uint64_t* seen);

namespace {

constexpr uint32_t kRegisterWords{74};      // q0..q31, x19..x28
constexpr uint64_t kGapNs{200'000};         // shorter ones are the kernel's own work, or an emulator's turns among cores
constexpr uint64_t kNsPerSecond{1'000'000'000};
constexpr uint64_t kRunsToReport{100};
constexpr uint32_t kLineBytes{32};

alignas(16) uint64_t pattern[kRegisterWords];
alignas(16) uint64_t seen[kRegisterWords];
uint64_t errors{0};
bool watches{false};
bool settles{false};    // somebody asked to be told when the schedule that was set has begun

using bulkhead::Figure;

struct Runs {
    uint64_t count{0};
    uint64_t total{0};
    Figure length;
    Figure apart;
};

uint64_t ns(uint64_t ticks)
{
    const uint64_t hz{bulkhead_ticks_per_second()};
    return ((ticks / hz) * kNsPerSecond) + (((ticks % hz) * kNsPerSecond) / hz);
}

void report(const Runs& runs, uint64_t first)
{
    bulkhead::print("timekeeper: runs %u length %u..%u apart %u..%u total %u from %u errors %u\n", runs.count,
                    ns(runs.length.least), ns(runs.length.most), ns(runs.apart.least), ns(runs.apart.most), ns(runs.total),
                    ns(first), errors);
}

void look_at_registers()
{
    for (uint32_t i{0}; i < kRegisterWords; ++i) {
        if (seen[i] != pattern[i]) {
            ++errors;
            bulkhead::print("timekeeper: register word %u is 0x%x, not 0x%x\n", i, seen[i], pattern[i]);
        }
    }
}

void tell_schedule(const bulkhead_result& status)
{
    bulkhead::print("timekeeper: which -> %d now %u next %u since %u\n", status.status, status.x1, status.x2, ns(status.x3));
}

void settle()
{
    const bulkhead_result status{bulkhead_get_schedule()};
    if (status.x1 == status.x2) {
        tell_schedule(status);
        settles = false;
    }
}

bool starts_with(const char* text, const char* word)
{
    while ((*word != '\0') && (*text == *word)) {
        ++text;
        ++word;
    }
    return *word == '\0';
}

void obey(const char* line, Runs& runs, uint64_t first)
{
    if (starts_with(line, "report")) {
        report(runs, first);
    } else if (starts_with(line, "reset")) {
        runs = Runs{};
    } else if (starts_with(line, "schedule ")) {
        const int64_t status{bulkhead_set_schedule(static_cast<uint64_t>(line[9] - '0'))};
        bulkhead::print("timekeeper: schedule %c -> %d\n", line[9], status);
    } else if (starts_with(line, "which")) {
        tell_schedule(bulkhead_get_schedule());
    } else if (starts_with(line, "settle")) {
        settles = true;
    } else if (starts_with(line, "watch")) {
        watches = true;
        runs = Runs{};
    } else if (starts_with(line, "wait")) {
        watches = false;
        runs = Runs{};
    } else {
        bulkhead::print("timekeeper: no such word\n");
    }
}

void read_console(Runs& runs, uint64_t first)
{
    static char line[kLineBytes];
    static uint32_t length{0};
    char typed[kLineBytes];
    const size_t count{bulkhead_console_read(typed, sizeof(typed))};
    for (size_t i{0}; i < count; ++i) {
        if ((typed[i] == '\n') || (typed[i] == '\r')) {
            line[length] = '\0';
            length = 0;
            obey(line, runs, first);
        } else if (length < (kLineBytes - 1U)) {
            line[length] = typed[i];
            ++length;
        } else {
            // a line too long for any word: its rest is dropped
        }
    }
}

// To the start of the next run: by giving up this one, or by watching the counter until the core was away.
void step(uint64_t* gap, uint64_t threshold)
{
    if (watches) {
        timekeeper_watch(gap, threshold, pattern, seen);
    } else {
        gap[0] = bulkhead_time();
        if (bulkhead_window_wait() != bulkhead_ok) {
            bulkhead_wait_for_interrupt();  // a core of its own: nothing to give up
        }
        gap[1] = bulkhead_time();
    }
}

}  // namespace

void bulkhead_main(uint64_t)
{
    bulkhead_mmu_enable();
    for (uint32_t i{0}; i < kRegisterWords; ++i) {
        pattern[i] = (0x9E3779B97F4A7C15U * (i + 1U)) ^ (static_cast<uint64_t>(bulkhead_partition_id) << 56U);
    }
    const uint64_t threshold{(bulkhead_ticks_per_second() * kGapNs) / kNsPerSecond};
    static_cast<void>(bulkhead_ready());
    bulkhead::print("timekeeper: ready\n");
    Runs runs;
    uint64_t gap[2]{0, bulkhead_time()};
    step(gap, threshold);  // the first run began somewhere
    uint64_t first{gap[1]};
    for (;;) {
        const uint64_t start{gap[1]};
        step(gap, threshold);
        if (runs.count == 0U) {
            first = start;
        }
        ++runs.count;
        runs.total += gap[0] - start;
        runs.length.take(gap[0] - start);
        runs.apart.take(gap[1] - start);
        if (watches) {
            look_at_registers();
        }
        if ((runs.count % kRunsToReport) == 0U) {
            report(runs, first);
        }
        read_console(runs, first);
        if (settles) {
            settle();
        }
    }
}
