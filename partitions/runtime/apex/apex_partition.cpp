// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1022
//
// APEX services on the partition, on time, on errors and on module schedules.
#include "apex/apex_time.hpp"
#include "bulkhead_partition.h"

namespace {

using namespace bulkhead;

constexpr uint64_t kResetCall{1};
constexpr uint64_t kWarmByHealth{2};
constexpr uint64_t kColdByHealth{3};
constexpr uint64_t kByControl{4};

START_CONDITION_TYPE start_condition(uint64_t reason)
{
    if ((reason == kWarmByHealth) || (reason == kColdByHealth)) {
        return HM_PARTITION_RESTART;
    }
    return ((reason == kResetCall) || (reason == kByControl)) ? PARTITION_RESTART : NORMAL_START;
}

RETURN_CODE_TYPE code_of(int64_t status)
{
    if (status == bulkhead_ok) {
        return NO_ERROR;
    }
    return (status == bulkhead_invalid) ? INVALID_PARAM : ((status == bulkhead_busy) ? NO_ACTION : INVALID_CONFIG);
}

}  // namespace

void GET_PARTITION_STATUS(PARTITION_STATUS_TYPE* PARTITION_STATUS, RETURN_CODE_TYPE* RETURN_CODE)
{
    const bulkhead_result status{bulkhead_partition_status(BULKHEAD_SELF)};
    *PARTITION_STATUS = {INFINITE_TIME_VALUE, INFINITE_TIME_VALUE, static_cast<PARTITION_ID_TYPE>(bulkhead_partition_id), 0,
                         static_cast<OPERATING_MODE_TYPE>(status.x1), start_condition(status.x2)};
    *RETURN_CODE = NO_ERROR;
}

void SET_PARTITION_MODE(OPERATING_MODE_TYPE OPERATING_MODE, RETURN_CODE_TYPE* RETURN_CODE)
{
    const uint64_t mode{bulkhead_partition_status(BULKHEAD_SELF).x1};
    switch (OPERATING_MODE) {
    case NORMAL:
        *RETURN_CODE = (mode == static_cast<uint64_t>(bulkhead_state_normal)) ? NO_ACTION : code_of(bulkhead_ready());
        break;
    case IDLE:
        *RETURN_CODE = code_of(bulkhead_control(BULKHEAD_SELF, bulkhead_control_halt));
        break;
    case WARM_START:
        // APEX: from a cold start there is no way to a warm one.
        *RETURN_CODE = (mode == static_cast<uint64_t>(bulkhead_state_cold_start))
                           ? INVALID_MODE
                           : code_of(bulkhead_control(BULKHEAD_SELF, bulkhead_control_warm_restart));
        break;
    case COLD_START:
        *RETURN_CODE = code_of(bulkhead_control(BULKHEAD_SELF, bulkhead_control_cold_restart));
        break;
    default:
        *RETURN_CODE = INVALID_PARAM;
        break;
    }
}

void GET_TIME(SYSTEM_TIME_TYPE* SYSTEM_TIME, RETURN_CODE_TYPE* RETURN_CODE)
{
    *SYSTEM_TIME = apex::nanoseconds(bulkhead_time());
    *RETURN_CODE = NO_ERROR;
}

void TIMED_WAIT(SYSTEM_TIME_TYPE DELAY_TIME, RETURN_CODE_TYPE* RETURN_CODE)
{
    if (DELAY_TIME < 0) {
        *RETURN_CODE = INVALID_PARAM;  // INFINITE_TIME_VALUE among them
        return;
    }
    const uint64_t begun{bulkhead_time()};
    const uint64_t delay{apex::ticks(DELAY_TIME)};
    do {
        apex::give_way();
    } while ((bulkhead_time() - begun) < delay);
    *RETURN_CODE = NO_ERROR;
}

void PERIODIC_WAIT(RETURN_CODE_TYPE* RETURN_CODE)
{
    const bool has_period{bulkhead_period_is_running()};
    if (has_period) {
        static_cast<void>(bulkhead_period_wait());
    }
    *RETURN_CODE = has_period ? NO_ERROR : INVALID_MODE;
}

void RAISE_APPLICATION_ERROR(ERROR_CODE_TYPE ERROR_CODE, MESSAGE_ADDR_TYPE MESSAGE_ADDR, ERROR_MESSAGE_SIZE_TYPE LENGTH,
                             RETURN_CODE_TYPE* RETURN_CODE)
{
    constexpr ERROR_MESSAGE_SIZE_TYPE kCodeBytes{8};
    if ((ERROR_CODE != APPLICATION_ERROR) || (LENGTH < 0) || (LENGTH > MAX_ERROR_MESSAGE_SIZE)) {
        *RETURN_CODE = INVALID_PARAM;
        return;
    }
    uint64_t code{0};
    for (ERROR_MESSAGE_SIZE_TYPE i{0}; (i < LENGTH) && (i < kCodeBytes); ++i) {
        code |= static_cast<uint64_t>(MESSAGE_ADDR[i]) << (8U * static_cast<uint32_t>(i));
    }
    *RETURN_CODE = code_of(bulkhead_raise(code));
}

void SET_MODULE_SCHEDULE(SCHEDULE_ID_TYPE SCHEDULE_ID, RETURN_CODE_TYPE* RETURN_CODE)
{
    const bulkhead_result status{bulkhead_get_schedule()};
    const bool exists{SCHEDULE_ID >= 0};
    const bool nothing_to_do{(status.status == bulkhead_ok) && exists && (status.x1 == static_cast<uint64_t>(SCHEDULE_ID)) &&
                             (status.x2 == status.x1)};
    *RETURN_CODE = !exists ? INVALID_PARAM : (nothing_to_do ? NO_ACTION : code_of(bulkhead_set_schedule(static_cast<uint64_t>(SCHEDULE_ID))));
}

void GET_MODULE_SCHEDULE_STATUS(SCHEDULE_STATUS_TYPE* SCHEDULE_STATUS, RETURN_CODE_TYPE* RETURN_CODE)
{
    const bulkhead_result status{bulkhead_get_schedule()};
    *RETURN_CODE = code_of(status.status);
    if (status.status == bulkhead_ok) {
        *SCHEDULE_STATUS = {apex::nanoseconds(status.x3), static_cast<SCHEDULE_ID_TYPE>(status.x1),
                            static_cast<SCHEDULE_ID_TYPE>(status.x2)};
    }
}
