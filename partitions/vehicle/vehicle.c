/* SPDX-License-Identifier: Apache-2.0
 *
 * A vehicle on its proving ground: speeds up, slows down, and lights a warning light now and then.
 */
#include "bulkhead.h"
#include "bulkhead_partition.h"
#include "bulkhead_port.h"
#include "vehicle_sample.h"

enum { periods_per_second = 100, ramp = 2000, fastest_cm_per_s = 3600 };

static struct vehicle_sample sample_of(uint64_t number)
{
    const uint32_t position = (uint32_t)(number % (2U * ramp));
    struct vehicle_sample sample = {0};
    sample.number = number;
    sample.speed_cm_per_s = ((position < ramp) ? position : 2U * ramp - position) * fastest_cm_per_s / ramp;
    sample.telltales = 1U << ((number / periods_per_second) % 8U);
    sample.check = vehicle_check(&sample);
    return sample;
}

void bulkhead_main(uint64_t device_tree)
{
    struct bulkhead_sampling_sender speed;
    (void)device_tree;
    if (!bulkhead_channel_map(bulkhead_channel_speed_end)) {
        bulkhead_print("vehicle: the channel cannot be mapped\n");
        return;
    }
    bulkhead_mmu_enable();
    if (bulkhead_sampling_open_sender(&speed, bulkhead_channel_speed_end, bulkhead_incarnation(), false) != bulkhead_port_ok) {
        bulkhead_print("vehicle: the channel cannot be opened\n");
        return;
    }
    bulkhead_irq_init();
    bulkhead_period_start(bulkhead_ticks_per_second() / periods_per_second);
    (void)bulkhead_ready();
    bulkhead_print("vehicle: a sample every 10 ms\n");
    for (;;) {
        const struct vehicle_sample sample = sample_of(bulkhead_period_wait());
        (void)bulkhead_sampling_write(&speed, &sample, sizeof(sample), bulkhead_time());
    }
}
