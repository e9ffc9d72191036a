// SPDX-License-Identifier: Apache-2.0
#include "bulkhead_partition.h"
#include "port_stress.hpp"

void bulkhead_on_interrupt(uint32_t) { stress::note_bell(); }

void bulkhead_main(uint64_t)
{
    for (uint32_t i{0}; i < bulkhead_channels_count; ++i) {
        if (!bulkhead_channel_map(&bulkhead_channels[i])) {
            bulkhead::print("a channel cannot be mapped\n");
            return;
        }
    }
    bulkhead_mmu_enable();
    if (bulkhead_partition_name[0] == 's') {
        stress::send();
    }
    stress::receive();
}
