/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes through the cockpit's channel `speed`.
 */
#ifndef VEHICLE_SAMPLE_H
#define VEHICLE_SAMPLE_H

#include <stdint.h>

struct vehicle_sample {
    uint64_t number; /* from 1, in each incarnation of the sender */
    uint32_t speed_cm_per_s;
    uint32_t telltales;
    uint32_t check; /* of the words above: a torn or foreign sample does not have it */
    uint32_t unused;
};

static inline uint32_t vehicle_check(const struct vehicle_sample *sample)
{
    return ((uint32_t)sample->number * 2654435761U) ^ (sample->speed_cm_per_s * 40503U) ^ ~sample->telltales;
}

#endif
