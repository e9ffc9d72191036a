/* SPDX-License-Identifier: Apache-2.0
 *
 * The ZCU102 with no hypervisor, as if it were one partition; its UART is no PL011.
 */
#ifndef BULKHEAD_PARTITION_H
#define BULKHEAD_PARTITION_H

#include <stdint.h>

#include "bulkhead_channel.h"

static const char bulkhead_partition_name[] = "native";
static const uint32_t bulkhead_partition_id = 0;
static const uint64_t bulkhead_ram_base = 0x40000000;
static const uint64_t bulkhead_ram_size = 0x1000000;
static const uint32_t bulkhead_vcpu_count = 2;
static const uint64_t bulkhead_gicd_base = 0xF9010000;
static const uint64_t bulkhead_gicc_base = 0xF9020000;
static const uint64_t bulkhead_gicr_base = 0;
static const uint32_t bulkhead_gic_version = 2;
static const uint32_t bulkhead_has_console = 1;
static const uint64_t bulkhead_console_base = 0;
static const uint32_t bulkhead_console_irq = 0;
static const uint32_t bulkhead_health_irq = 0;
static const uint32_t bulkhead_timer_irq = 27;
static const uint64_t bulkhead_counter_hz = 62500000;

static const uint32_t bulkhead_channels_count = 0;
static const struct bulkhead_channel bulkhead_channels[] = {{"", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};

#endif
