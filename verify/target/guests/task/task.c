/* SPDX-License-Identifier: Apache-2.0
 *
 * A producer and a consumer, as an RTOS would have them: PARTITION_HEADER is the generated header of the partition. The consumer
 * sleeps until the doorbell of the queue, takes all that waits, and looks at the newest sample.
 */
#include PARTITION_HEADER

#include "bulkhead.h"
#include "bulkhead_port.h"

enum { messages = 200, longest_line = 64 };

void task_main(void);

static volatile uint32_t *word(uint64_t address) { return (volatile uint32_t *)(uintptr_t)address; }

static void print(const char *text, uint64_t number)
{
    static const uint64_t console_write = 0xC6000009;
    char line[longest_line];
    char digits[20];
    uint64_t length = 0;
    uint64_t count = 0;
    uint64_t at = 0;
    while (text[length] != '\0' && length < 32U) {
        line[length] = text[length];
        ++length;
    }
    do {
        digits[count++] = (char)('0' + (number % 10U));
        number /= 10U;
    } while (number != 0U);
    while (count != 0U) {
        line[length++] = digits[--count];
    }
    line[length++] = '\n';
    while (at < length) {
        uint64_t words[2] = {0, 0};
        uint64_t size = (length - at < 16U) ? (length - at) : 16U;
        uint64_t i;
        struct bulkhead_result taken;
        for (i = 0; i < size; ++i) {
            words[i / 8U] |= (uint64_t)(unsigned char)line[at + i] << (8U * (i % 8U));
        }
        taken = bulkhead_hvc(console_write, size, words[0], words[1]);
        at += (taken.status == bulkhead_ok) ? taken.x1 : 0U;
    }
}

static uint64_t counter(void)
{
    uint64_t now;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(now) : : "memory");
    return now;
}

static uint64_t ticks_of(uint64_t ns)
{
    uint64_t hertz;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hertz));
    return ns * (hertz / 1000U) / 1000000U;
}

/* The doorbell is an ordinary edge-triggered shared interrupt; an RTOS has its own calls for what stands here. */
static void enable(uint32_t intid)
{
    *word(bulkhead_gicd_base) = (bulkhead_gic_version == 3U) ? 0x12U : 1U;
    *word(bulkhead_gicd_base + 0x100U + 4U * (intid / 32U)) = 1U << (intid % 32U);
    if (bulkhead_gic_version == 3U) {
        __asm__ volatile("msr s3_0_c4_c6_0, %0\n\tmsr s3_0_c12_c12_7, %1\n\tisb" : : "r"(0xF8UL), "r"(1UL)); /* PMR, IGRPEN1 */
    } else {
        *word(bulkhead_gicc_base + 4U) = 0xF8U;
        *word(bulkhead_gicc_base) = 1U;
    }
}

static void sleep_until_doorbell(void)
{
    __asm__ volatile("dsb sy\n\twfi" : : : "memory");
    if (bulkhead_gic_version == 3U) {
        uint64_t id;
        __asm__ volatile("mrs %0, s3_0_c12_c12_0" : "=r"(id));              /* IAR1 */
        __asm__ volatile("msr s3_0_c12_c12_1, %0\n\tisb" : : "r"(id));      /* EOIR1 */
    } else {
        *word(bulkhead_gicc_base + 0x10U) = *word(bulkhead_gicc_base + 0xCU);
    }
}

static uint64_t message[8];

static void produce(void)
{
    struct bulkhead_sampling_sender speed;
    struct bulkhead_queue_sender orders;
    uint64_t number;
    print("open ", (uint64_t)bulkhead_sampling_open_sender(&speed, bulkhead_channel_speed_end, bulkhead_incarnation(), false));
    print("open ", (uint64_t)bulkhead_queue_open_sender(&orders, bulkhead_channel_orders_end, bulkhead_incarnation(), false));
    for (number = 1; number <= messages; ++number) {
        message[0] = number;
        (void)bulkhead_sampling_write(&speed, message, sizeof(message), counter());
        while (bulkhead_queue_send(&orders, message, sizeof(message), counter()) == bulkhead_port_full) {
            __asm__ volatile("yield");
        }
        (void)bulkhead_notify(bulkhead_channel_orders_end->slot);
    }
    print("sent ", messages);
}

static void consume(void)
{
    struct bulkhead_sampling_receiver speed;
    struct bulkhead_queue_receiver orders;
    struct bulkhead_message about;
    uint64_t expected = 1;
    uint64_t wrong = 0;
    print("open ", (uint64_t)bulkhead_sampling_open_receiver(&speed, bulkhead_channel_speed_end));
    print("open ", (uint64_t)bulkhead_queue_open_receiver(&orders, bulkhead_channel_orders_end, bulkhead_incarnation(), false));
    enable(bulkhead_channel_orders_end->irq);
    while (expected <= messages) {
        if (bulkhead_queue_receive(&orders, message, sizeof(message), &about) == bulkhead_port_ok) {
            wrong += (message[0] == expected && about.length == sizeof(message)) ? 0U : 1U;
            ++expected;
        } else {
            sleep_until_doorbell();
        }
    }
    print("received ", expected - 1U);
    print("wrong ", wrong);
    print("read ", (uint64_t)bulkhead_sampling_read(&speed, message, sizeof(message), &about));
    print("sample ", message[0]);
    print("valid ", bulkhead_message_is_valid(&about, counter(), ticks_of(bulkhead_channel_speed_end->refresh_ns)) ? 1U : 0U);
}

void task_main(void)
{
    (void)bulkhead_ready();
    if (bulkhead_channel_speed_end->sends != 0U) {
        produce();
    } else {
        consume();
    }
}
