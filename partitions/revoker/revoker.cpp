// SPDX-License-Identifier: Apache-2.0
//
// Takes a direct partition back again and again.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"
#include "mmio.hpp"
#include "system_register.hpp"

namespace {

constexpr uint64_t kSubject{1};         // second in the file
constexpr uint64_t kNormal{3};          // state of bulkhead_partition_status
constexpr int64_t kBusy{-4};
constexpr uint32_t kGicv3{3};
constexpr uint32_t kWays{16};
constexpr uint32_t kSgi{3};
constexpr uint64_t kGiccCtlr{0x000};
constexpr uint64_t kGiccPmr{0x004};

alignas(2048) const uint32_t no_vectors[512]{};

void mask_everything() { asm volatile("msr daifset, #0xf"); }

void close_interface()
{
    if (bulkhead_gic_version == kGicv3) {
        runtime::ICC_IGRPEN1_EL1::write(0);
        runtime::ICC_PMR_EL1::write(0);
        runtime::isb();
    } else {
        runtime::write32(bulkhead_gicc_base + kGiccCtlr, 0);
        runtime::write32(bulkhead_gicc_base + kGiccPmr, 0);
    }
}

// An interrupt taken and never ended: its priority stays active.
void hold_a_priority()
{
    bulkhead_irq_enable(kSgi);
    bulkhead_sgi_send(kSgi, 1U << bulkhead_vcpu());
    static_cast<void>(bulkhead_irq_acknowledge());
}

[[noreturn]] void sleep()
{
    for (;;) {
        asm volatile("wfi");
    }
}
[[noreturn]] void spin()
{
    for (;;) {
        asm volatile("yield");
    }
}

// Vectors whose first instruction is none: one exception after another, never an instruction.
[[noreturn]] void fall_for_ever()
{
    asm volatile("msr vbar_el1, %0\n\tisb\n\tudf #0" : : "r"(no_vectors) : "memory");
    spin();
}

// Each bit of `way` is one thing it does, in all combinations; the last one is how it stays.
[[noreturn]] void resist(uint64_t way)
{
    constexpr uint64_t kHolds{1};
    constexpr uint64_t kCloses{2};
    constexpr uint64_t kSleeps{4};
    constexpr uint64_t kFalls{8};
    mask_everything();
    if ((way & kHolds) != 0U) {
        hold_a_priority();
    }
    if ((way & kCloses) != 0U) {
        close_interface();
    }
    if ((way & kSleeps) != 0U) {
        if ((way & kFalls) != 0U) {
            asm volatile("msr vbar_el1, %0\n\tisb" : : "r"(no_vectors) : "memory");
        }
        sleep();
    }
    if ((way & kFalls) != 0U) {
        fall_for_ever();
    }
    spin();
}

uint64_t number_from_console()
{
    uint64_t value{0};
    for (;;) {
        char typed[16];
        const size_t count{bulkhead_console_read(typed, sizeof(typed))};
        for (size_t i{0}; i < count; ++i) {
            if ((typed[i] < '0') || (typed[i] > '9')) {
                return value;
            }
            value = (value * 10U) + static_cast<uint64_t>(typed[i] - '0');
        }
        static_cast<void>(bulkhead_period_wait());
    }
}

// Until the subject has been started anew so often and says that it is ready.
void await_life(uint64_t restarts)
{
    bulkhead_result status{bulkhead_partition_status(kSubject)};
    while ((status.x1 != kNormal) || (status.x3 != restarts)) {
        asm volatile("yield");
        status = bulkhead_partition_status(kSubject);
    }
}

void command()
{
    bulkhead_period_start(bulkhead_ticks_per_second() / 100U);
    bulkhead::print("revoker: how often?\n");
    const uint64_t wanted{number_from_console()};
    uint64_t refused{0};
    const uint64_t before{bulkhead_partition_status(kSubject).x3};
    for (uint64_t done{0}; done < wanted; ++done) {
        await_life(before + done);
        // What it does after it said that it is ready takes it a few instructions.
        const uint64_t until{bulkhead_time() + (bulkhead_ticks_per_second() / 20000U)};
        while (bulkhead_time() < until) {
            asm volatile("yield");
        }
        int64_t answer{bulkhead_control(kSubject, bulkhead_control_cold_restart)};
        while (answer == kBusy) {
            asm volatile("yield");
            answer = bulkhead_control(kSubject, bulkhead_control_cold_restart);
        }
        refused = refused + ((answer == 0) ? 0U : 1U);
    }
    await_life(before + wanted);
    bulkhead::print("revoker: %u taken back, %u refused, status says %u\n", wanted, refused,
                    bulkhead_partition_status(kSubject).x3 - before);
}

}  // namespace

void bulkhead_main(uint64_t)
{
    bulkhead_irq_init();
    if (bulkhead_partition_name[0] == 's') {
        const uint64_t lives{bulkhead_partition_status(BULKHEAD_SELF).x3};
        static_cast<void>(bulkhead_ready());
        resist(lives % kWays);
    }
    static_cast<void>(bulkhead_ready());
    command();
    for (;;) {
        static_cast<void>(bulkhead_period_wait());
    }
}
