// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1030
//
// Channels as Linux finds them: nodes `bulkhead,channel` under /proc/device-tree, memory through /dev/mem.
#ifndef BULKHEAD_LINUX_PORT_DEVICE_TREE_HPP
#define BULKHEAD_LINUX_PORT_DEVICE_TREE_HPP

#include "bulkhead_channel.h"

namespace bulkhead::linux_port {

constexpr unsigned kMaximumChannels{256};
constexpr unsigned kNameBytes{32};

struct Found {
    char name[kNameBytes];
    bulkhead_channel channel;  // base and back_base are physical addresses until map_channel()
};

// Fills `list` in the order of slots; how many there are, or -1 if there is no device tree.
int find_channels(Found (&list)[kMaximumChannels]);

// Maps the areas, writable only where this end writes; false with errno.
bool map_channel(bulkhead_channel& channel);

// A number that differs from one boot of this Linux to the next: from the kernel's boot_id.
uint64_t boot_generation();

}  // namespace bulkhead::linux_port

#endif
