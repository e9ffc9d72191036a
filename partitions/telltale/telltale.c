/* SPDX-License-Identifier: Apache-2.0
 *
 * Warning lights of an instrument panel: every 10 ms the lamps follow their inputs, every second a line
 * states them. The inputs come from a generator of fixed pseudo-random numbers, so that the line of second
 * n is the same in every run and whoever reads it can tell whether a period was lost.
 */
#include "bulkhead.h"
#include "bulkhead_partition.h"

enum { lamp_count = 32, periods_per_second = 100, debounce_periods = 5 };

static uint8_t held_for[lamp_count]; /* periods since the input last differed from its lamp */
static uint32_t lamps;
static uint32_t checksum = 1;
static uint32_t generator = 0x2F6E2B1;

/* Galois shift register, x^32 + x^22 + x^2 + x + 1. */
static uint32_t read_inputs(void)
{
    generator = (generator >> 1) ^ ((generator & 1U) ? 0x80200003U : 0U);
    return generator;
}

static void follow(uint32_t inputs)
{
    for (uint32_t i = 0; i < lamp_count; ++i) {
        const bool differs = (((inputs ^ lamps) >> i) & 1U) != 0U;
        held_for[i] = differs ? (uint8_t)(held_for[i] + 1U) : 0U;
        if (held_for[i] == debounce_periods) {
            lamps ^= 1U << i;
            held_for[i] = 0;
        }
    }
    /* Fletcher's idea in one word: order and value of every state so far count. */
    checksum = checksum * 31U + lamps;
}

void bulkhead_main(uint64_t device_tree)
{
    (void)device_tree;
    bulkhead_mmu_enable();
    bulkhead_irq_init();
    bulkhead_period_start(bulkhead_ticks_per_second() / periods_per_second);
    (void)bulkhead_ready();
    bulkhead_print("telltale: 32 lamps, one look every 10 ms\n");
    for (;;) {
        const uint64_t period = bulkhead_period_wait();
        follow(read_inputs());
        if (period % periods_per_second == 0U) {
            const uint64_t values[] = {period / periods_per_second, period, lamps, checksum, bulkhead_periods_late()};
            bulkhead_print_values("telltale: second %u periods %u lamps 0x%x checksum 0x%x late %u\n", values, 5);
        }
    }
}
