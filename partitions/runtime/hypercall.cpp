// SPDX-License-Identifier: Apache-2.0
// implements: LLR-404
//
// The calls of the guest ABI, version 1.
#include "bulkhead.h"

namespace {

constexpr uint64_t kFeatures{0xC6000000};
constexpr uint64_t kNotify{0xC6000001};
constexpr uint64_t kWindowWait{0xC6000002};
constexpr uint64_t kStatus{0xC6000003};
constexpr uint64_t kRaise{0xC6000004};
constexpr uint64_t kWatchdogKick{0xC6000005};
constexpr uint64_t kControl{0xC6000006};
constexpr uint64_t kSetSchedule{0xC6000007};
constexpr uint64_t kGetSchedule{0xC6000008};
constexpr uint64_t kTrace{0xC600000A};
constexpr uint64_t kReady{0xC600000C};
constexpr uint64_t kLogRead{0xC600000D};

}  // namespace

struct bulkhead_result bulkhead_features(void) { return bulkhead_hvc(kFeatures, 0, 0, 0); }

int64_t bulkhead_notify(uint64_t channel) { return bulkhead_hvc(kNotify, channel, 0, 0).status; }

int64_t bulkhead_window_wait(void) { return bulkhead_hvc(kWindowWait, 0, 0, 0).status; }

struct bulkhead_result bulkhead_partition_status(uint64_t partition) { return bulkhead_hvc(kStatus, partition, 0, 0); }

uint64_t bulkhead_incarnation(void) { return bulkhead_partition_status(BULKHEAD_SELF).x3 + 1U; }

int64_t bulkhead_raise(uint64_t code) { return bulkhead_hvc(kRaise, code, 0, 0).status; }

int64_t bulkhead_watchdog_kick(void) { return bulkhead_hvc(kWatchdogKick, 0, 0, 0).status; }

int64_t bulkhead_control(uint64_t partition, enum bulkhead_control_action action)
{
    return bulkhead_hvc(kControl, partition, static_cast<uint64_t>(action), 0).status;
}

int64_t bulkhead_set_schedule(uint64_t schedule) { return bulkhead_hvc(kSetSchedule, schedule, 0, 0).status; }

struct bulkhead_result bulkhead_get_schedule(void) { return bulkhead_hvc(kGetSchedule, 0, 0, 0); }

int64_t bulkhead_trace(uint64_t id, uint64_t value) { return bulkhead_hvc(kTrace, id, value, 0).status; }

int64_t bulkhead_ready(void) { return bulkhead_hvc(kReady, 0, 0, 0).status; }

struct bulkhead_result bulkhead_log_read(uint64_t partition, uint64_t index)
{
    return bulkhead_hvc(kLogRead, partition, index, 0);
}
