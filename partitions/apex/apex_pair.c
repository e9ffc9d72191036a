/* SPDX-License-Identifier: Apache-2.0
 *
 * The source writes and sends numbers; the destination checks them, waits for more, and says what it saw. Printing and mapping
 * are the runtime's: APEX has neither.
 */
#include "apex.h"
#include "bulkhead.h"
#include "bulkhead_partition.h"

enum { messages = 50 };
static const SYSTEM_TIME_TYPE millisecond = 1000000;
static const SYSTEM_TIME_TYPE second = 1000000000;

static void say(const char *what, uint64_t one, uint64_t two)
{
    const uint64_t values[] = {one, two};
    bulkhead_print_values(what, values, 2);
}

static void source(void)
{
    SAMPLING_PORT_ID_TYPE position;
    QUEUING_PORT_ID_TYPE orders;
    RETURN_CODE_TYPE code;
    uint64_t number;
    CREATE_SAMPLING_PORT("position", 64, SOURCE, 100 * millisecond, &position, &code);
    say("source: CREATE_SAMPLING_PORT %u\n", code, 0);
    CREATE_QUEUING_PORT("orders", 64, 4, SOURCE, FIFO, &orders, &code);
    say("source: CREATE_QUEUING_PORT %u\n", code, 0);
    SET_PARTITION_MODE(NORMAL, &code);
    for (number = 1; number <= messages; ++number) {
        SEND_QUEUING_MESSAGE(orders, (MESSAGE_ADDR_TYPE)&number, sizeof(number), INFINITE_TIME_VALUE, &code);
        if (code != NO_ERROR) {
            say("source: SEND_QUEUING_MESSAGE %u gave %u\n", number, code);
        }
        WRITE_SAMPLING_MESSAGE(position, (MESSAGE_ADDR_TYPE)&number, sizeof(number), &code);
    }
    say("source: done\n", 0, 0);
    for (;;) {
        TIMED_WAIT(second, &code);
    }
}

static void destination(void)
{
    static uint64_t buffer[8];
    SAMPLING_PORT_ID_TYPE position;
    QUEUING_PORT_ID_TYPE orders;
    PARTITION_STATUS_TYPE status;
    SYSTEM_TIME_TYPE begun;
    SYSTEM_TIME_TYPE ended;
    MESSAGE_SIZE_TYPE length;
    VALIDITY_TYPE validity;
    RETURN_CODE_TYPE code;
    uint64_t in_order = 0;
    CREATE_SAMPLING_PORT("position", 64, DESTINATION, 100 * millisecond, &position, &code);
    CREATE_QUEUING_PORT("orders", 64, 4, DESTINATION, FIFO, &orders, &code);
    say("destination: CREATE_QUEUING_PORT %u\n", code, 0);
    SET_PARTITION_MODE(NORMAL, &code);
    GET_PARTITION_STATUS(&status, &code);
    say("destination: mode %u start condition %u\n", status.OPERATING_MODE, status.START_CONDITION);
    do {
        RECEIVE_QUEUING_MESSAGE(orders, 60 * second, (MESSAGE_ADDR_TYPE)buffer, &length, &code);
        /* The source waits while the queue is full: nothing is lost, so never INVALID_CONFIG. */
        in_order += (code == NO_ERROR && length == sizeof(buffer[0]) && buffer[0] == in_order + 1U) ? 1U : 0U;
    } while (in_order < messages && code != TIMED_OUT);
    say("destination: %u messages in order\n", in_order, 0);
    do {
        READ_SAMPLING_MESSAGE(position, (MESSAGE_ADDR_TYPE)buffer, &length, &validity, &code);
    } while (code != NO_ERROR || buffer[0] != messages);
    GET_TIME(&begun, &code);
    TIMED_WAIT(150 * millisecond, &code);
    GET_TIME(&ended, &code);
    READ_SAMPLING_MESSAGE(position, (MESSAGE_ADDR_TYPE)buffer, &length, &validity, &code);
    say("destination: sample %u validity %u after its refresh period\n", buffer[0], validity);
    say("destination: waited long enough %u, RECEIVE_QUEUING_MESSAGE ", ended - begun >= 150 * millisecond, 0);
    RECEIVE_QUEUING_MESSAGE(orders, 10 * millisecond, (MESSAGE_ADDR_TYPE)buffer, &length, &code);
    say("%u\n", code, 0);
    SET_MODULE_SCHEDULE(0, &code);
    say("destination: SET_MODULE_SCHEDULE %u\n", code, 0);
    for (;;) {
        TIMED_WAIT(second, &code);
    }
}

void bulkhead_main(uint64_t device_tree)
{
    (void)device_tree;
    for (uint32_t i = 0; i < bulkhead_channels_count; ++i) {
        (void)bulkhead_channel_map(&bulkhead_channels[i]);
    }
    bulkhead_mmu_enable();
    if (bulkhead_partition_name[0] == 's') {
        source();
    }
    destination();
}
