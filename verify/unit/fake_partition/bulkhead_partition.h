/* SPDX-License-Identifier: Apache-2.0
 * Stand-in for the generated header: three channels whose memory the test supplies.
 */
#ifndef BULKHEAD_PARTITION_H
#define BULKHEAD_PARTITION_H

#include "bulkhead_channel.h"

static const uint32_t bulkhead_partition_id = 3;
static const uint32_t bulkhead_channels_count = 4;
extern struct bulkhead_channel bulkhead_channels[4];

#endif
