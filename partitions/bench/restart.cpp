// SPDX-License-Identifier: Apache-2.0
//
// The rows while another partition is restarted: its memory is cleared and its image copied on its own core, or in its own
// windows of this core. A row during which the restart came to its end is not printed.
#include "bench.hpp"

#include "bulkhead_figure.hpp"
#include "bulkhead_partition.h"

namespace {

using bulkhead::Figure;

constexpr uint64_t kVictim{1};      // second in the file
constexpr uint64_t kSlot{0};        // of the channel with it
constexpr uint64_t kColdStart{1};   // states of bulkhead_partition_status
constexpr uint64_t kNormal{3};
constexpr uint64_t kFeatures{0xC6000000};
constexpr uint64_t kNotify{0xC6000001};
constexpr uint64_t kStatus{0xC6000003};
constexpr uint64_t kControl{0xC6000006};
constexpr uint64_t kPsciVersion{0x84000000};
constexpr uint32_t kRepeats{8};
constexpr uint32_t kFrames{256};
constexpr uint32_t kFramesOfARestart{32};
constexpr uint64_t kFrameTicks{1'000'000};
constexpr uint64_t kSliceTicks{50'000};
constexpr uint64_t kTicksAhead{20'000};
constexpr uint64_t kQuietTicks{20'000'000};

uint64_t restarts() { return bulkhead_partition_status(kVictim).x3; }
bool is_under_way() { return bulkhead_partition_status(kVictim).x1 == kColdStart; }

// The emulator changes over to another core at deadlines: with one near, none of them runs long. Its interrupt is not enabled.
void set_slice() { bulkhead_timer_start(bulkhead_time() + kSliceTicks); }

void let_others_run()
{
    set_slice();
    asm volatile("yield");
    static_cast<void>(bulkhead_window_wait());
}

// Orders a restart once the victim runs, until its core has taken the order up; what the call took.
uint64_t restart()
{
    while (bulkhead_partition_status(kVictim).x1 != kNormal) {
        let_others_run();
    }
    const uint64_t before{restarts()};
    set_slice();
    const uint64_t took{measure_hvc(kControl, kVictim, bulkhead_control_cold_restart, 0)};
    while (restarts() == before) {
        let_others_run();
    }
    return took;
}

uint64_t null_hypercall() { return measure_hvc(kFeatures, 0, 0, 0); }
uint64_t psci_version() { return measure_hvc(kPsciVersion, 0, 0, 0); }
uint64_t status() { return measure_hvc(kStatus, kVictim, 0, 0); }
uint64_t notify() { return measure_hvc(kNotify, kSlot, 0, 0); }
// The physical timer's bit: nobody uses it here.
uint64_t isenabler_write() { return measure_store(private_enables(), 1U << 30U); }

// Refused: one is under way.
uint64_t control() { return measure_hvc(kControl, kVictim, bulkhead_control_cold_restart, 0); }

uint64_t timer_busy()
{
    bulkhead_timer_stop();
    bulkhead_irq_enable(bulkhead_timer_irq);
    const uint64_t took{measure_timer_busy(kTicksAhead)};
    bulkhead_timer_stop();
    bulkhead_irq_end(bulkhead_irq_acknowledge());
    bulkhead_irq_disable(bulkhead_timer_irq);
    return took;
}

struct Row {
    const char* name;
    uint64_t (*measure)();
};

constexpr Row kOnItsCore[]{
    {"restart_null_hypercall", null_hypercall},
    {"restart_psci_version", psci_version},
    {"restart_status", status},
    {"restart_notify", notify},
    {"restart_isenabler_write", isenabler_write},
    {"restart_control_busy", control},
};
constexpr Row kInItsWindows[]{
    {"window_restart_null_hypercall", null_hypercall},
    {"window_restart_psci_version", psci_version},
    {"window_restart_status", status},
    {"window_restart_notify", notify},
    {"window_restart_isenabler_write", isenabler_write},
    {"window_restart_control_busy", control},
    {"window_restart_timer_busy", timer_busy},
};
constexpr uint32_t kRows{sizeof(kInItsWindows) / sizeof(kInItsWindows[0])};

// The first time fills what is filled once; it does not count. Each time a window of this partition has just begun.
bool measure(const Row& row, Figure& figure, Figure& ordered)
{
    ordered.take(restart());
    static_cast<void>(row.measure());
    for (uint32_t i{0}; i < kRepeats; ++i) {
        set_slice();
        static_cast<void>(bulkhead_window_wait());
        figure.take(row.measure());
    }
    return is_under_way();
}

// Where in the frame, counted from somewhere, this partition's next window begins.
uint64_t phase()
{
    static_cast<void>(bulkhead_window_wait());
    return bulkhead_time() % kFrameTicks;
}

// How much later this partition's window begins where the victim's, just before it, is spent on a restart.
bool measure_window(Figure& delay)
{
    uint64_t most{0};
    bool stayed{true};
    for (uint32_t i{0}; i < kFrames; ++i) {
        if ((i % kFramesOfARestart) == 0U) {
            static_cast<void>(restart());
        }
        const uint64_t begun{phase()};
        most = (begun > most) ? begun : most;
        stayed = stayed && is_under_way();
    }
    while (bulkhead_partition_status(kVictim).x1 != kNormal) {
        static_cast<void>(bulkhead_window_wait());
    }
    static_cast<void>(phase());
    delay.take(most - phase());
    return stayed;
}

}  // namespace

void stay()
{
    static_cast<void>(bulkhead_ready());
    for (;;) {
        asm volatile("wfi");
    }
}

void measure_beside_restart()
{
    Figure figures[kRows];
    bool counts[kRows]{};
    const bool has_windows{bulkhead_window_wait() == bulkhead_ok};
    const Row* const rows{has_windows ? kInItsWindows : kOnItsCore};
    const uint32_t count{has_windows ? kRows : static_cast<uint32_t>(sizeof(kOnItsCore) / sizeof(kOnItsCore[0]))};
    const uint64_t start{bulkhead_time() + kQuietTicks};
    while (bulkhead_time() < start) {
        asm volatile("yield");
    }
    Figure ordered;
    static_cast<void>(restart());
    for (uint32_t i{0}; i < count; ++i) {
        counts[i] = measure(rows[i], figures[i], ordered);
    }
    Figure window;
    const bool window_counts{has_windows && measure_window(window)};
    for (uint32_t i{0}; i < count; ++i) {
        if (counts[i]) {
            figures[i].print(rows[i].name);
        }
    }
    ordered.print(has_windows ? "window_restart_control" : "restart_control");
    if (window_counts) {
        window.print("switch_from_load");
    }
    bulkhead::print("bench done\n");
}
