/* SPDX-License-Identifier: Apache-2.0
 * implements: LLR-404
 *
 * What a native partition can ask of its runtime and of Bulkhead; C99 and C++17.
 * Numbers and names of the hypercalls: guest ABI, version 1.
 */
#ifndef BULKHEAD_H
#define BULKHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bulkhead_channel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what the partition supplies ------------------------------------------------------------- */

/* The partition's program. Runs on vCPU 0 with interrupts masked; `device_tree` is 0 without a tree.
 * When it returns, the partition switches itself off. */
void bulkhead_main(uint64_t device_tree);

/* Called for each acknowledged interrupt, which is ended when the function returns. The default
 * counts periods (below) and disables what nobody asked for. */
void bulkhead_on_interrupt(uint32_t intid);

/* Registers at an exception, as the vectors store them. The layout is known to vectors.S. */
struct bulkhead_exception {
    uint64_t x[31];
    uint64_t sp;
    uint64_t elr; /* return address: a handler may change it to go on elsewhere */
    uint64_t spsr;
    uint64_t esr;
    uint64_t far;
    uint64_t vector; /* offset into the vector table: 0x200 is a synchronous exception of EL1 itself */
    uint64_t unused; /* keeps the structure a multiple of 16 */
};

/* Called for synchronous exceptions and SErrors. The default prints them and switches the partition off. */
void bulkhead_on_exception(struct bulkhead_exception *exception);

/* ---- hypercalls ------------------------------------------------------------------------------ */

struct bulkhead_result {
    int64_t status; /* x0 */
    uint64_t x1;
    uint64_t x2;
    uint64_t x3;
};

enum bulkhead_status {
    bulkhead_ok = 0,
    bulkhead_not_supported = -1,
    bulkhead_invalid = -2,
    bulkhead_denied = -3,
    bulkhead_busy = -4
};

enum bulkhead_partition_state {
    bulkhead_state_halted = 0,
    bulkhead_state_cold_start = 1,
    bulkhead_state_warm_start = 2,
    bulkhead_state_normal = 3
};

enum bulkhead_control_action {
    bulkhead_control_halt = 0,
    bulkhead_control_start = 1,
    bulkhead_control_warm_restart = 2,
    bulkhead_control_cold_restart = 3
};

/* The calling partition itself, where a call takes a partition. */
#define BULKHEAD_SELF UINT64_MAX

/* Any call: HVC #0 or SMC #0 with a function id and three arguments. */
struct bulkhead_result bulkhead_hvc(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3);
struct bulkhead_result bulkhead_smc(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3);

struct bulkhead_result bulkhead_features(void);
int64_t bulkhead_notify(uint64_t channel);
int64_t bulkhead_window_wait(void);
struct bulkhead_result bulkhead_partition_status(uint64_t partition);
/* A number that differs from one incarnation of this partition to the next, for opening ports: restarts + 1. */
uint64_t bulkhead_incarnation(void);
int64_t bulkhead_raise(uint64_t code);
int64_t bulkhead_watchdog_kick(void);
int64_t bulkhead_control(uint64_t partition, enum bulkhead_control_action action);
int64_t bulkhead_set_schedule(uint64_t schedule);
struct bulkhead_result bulkhead_get_schedule(void);
int64_t bulkhead_trace(uint64_t id, uint64_t value);
int64_t bulkhead_ready(void);
struct bulkhead_result bulkhead_log_read(uint64_t partition, uint64_t index);

/* ---- console --------------------------------------------------------------------------------- */

/* Both return how many bytes went through; 0 when there is no console. Writing waits a bounded
 * time for room and then drops the rest, so that no console can hold up a partition for ever. */
size_t bulkhead_console_write(const char *text, size_t size);
size_t bulkhead_console_read(char *buffer, size_t size);

void bulkhead_print(const char *text);

/* Prints `format` with `values` in order: %u unsigned, %d signed, %x hexadecimal, %s an address of a
 * string, %c a character, %% a percent sign. A missing value prints as '?'. */
void bulkhead_print_values(const char *format, const uint64_t *values, size_t count);

/* ---- time ------------------------------------------------------------------------------------ */

uint64_t bulkhead_time(void);           /* the virtual counter, in ticks */
uint64_t bulkhead_ticks_per_second(void);
void bulkhead_pause(void); /* for loops that only wait: a hint to the other threads of a core or emulator */
void bulkhead_timer_start(uint64_t deadline); /* this vCPU's timer interrupt at counter value `deadline` */
void bulkhead_timer_stop(void);

/* Periods of one vCPU, counted by the timer interrupt, so that none is lost while the program works.
 * Starts after bulkhead_irq_init(); unmasks interrupts. */
void bulkhead_period_start(uint64_t ticks);
/* Sleeps until the next period begins; its number, from 1. One number after the other, also when late. */
uint64_t bulkhead_period_wait(void);
/* Whether bulkhead_period_start() has been called. */
bool bulkhead_period_is_running(void);
/* How many periods began more than a whole period late. */
uint64_t bulkhead_periods_late(void);
/* For a bulkhead_on_interrupt() of one's own: true when the interrupt was the period's. */
bool bulkhead_period_interrupt(uint32_t intid);

/* ---- interrupts ------------------------------------------------------------------------------ */

/* Once on each vCPU, before anything else of this section. */
void bulkhead_irq_init(void);
void bulkhead_irq_enable(uint32_t intid);
void bulkhead_irq_disable(uint32_t intid);
void bulkhead_irq_set_priority(uint32_t intid, uint8_t priority);
void bulkhead_irq_set_edge(uint32_t intid, bool edge);
void bulkhead_irq_set_pending(uint32_t intid);
void bulkhead_irq_clear_pending(uint32_t intid);
bool bulkhead_irq_is_pending(uint32_t intid);
/* Sends a shared interrupt to vCPU `vcpu`. */
void bulkhead_irq_route(uint32_t intid, uint32_t vcpu);
/* Sends software interrupt 0..15 to the vCPUs in the mask. */
void bulkhead_sgi_send(uint32_t intid, uint32_t vcpu_mask);
/* For code that polls: what the CPU interface hands out (its low 24 bits are the id, 1023 is none),
 * and the end of it. */
uint32_t bulkhead_irq_acknowledge(void);
void bulkhead_irq_end(uint32_t acknowledged);
uint32_t bulkhead_irq_id(uint32_t acknowledged);

void bulkhead_irq_unmask(void);
void bulkhead_irq_mask(void);
/* Sleeps until an interrupt is pending, masked or not. */
void bulkhead_wait_for_interrupt(void);

/* ---- vCPUs and PSCI -------------------------------------------------------------------------- */

uint32_t bulkhead_vcpu(void); /* the caller's index, 0 .. bulkhead_vcpu_count - 1 */
/* Starts vCPU `vcpu` at `entry(argument)` on its own stack; PSCI's status. */
int64_t bulkhead_vcpu_start(uint32_t vcpu, void (*entry)(uint64_t argument), uint64_t argument);

/* The conduit of the PSCI calls below; HVC under Bulkhead. */
struct bulkhead_result bulkhead_psci(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3);
uint32_t bulkhead_psci_version(void);
int64_t bulkhead_psci_cpu_on(uint64_t target, uint64_t entry, uint64_t context);
int64_t bulkhead_psci_affinity_info(uint64_t target, uint64_t level);
int64_t bulkhead_psci_cpu_suspend(uint64_t power_state);
int64_t bulkhead_psci_features(uint64_t function);
void bulkhead_cpu_off(void);
void bulkhead_system_off(void);
void bulkhead_system_reset(void);

/* ---- memory ---------------------------------------------------------------------------------- */

enum bulkhead_memory_kind {
    bulkhead_memory_device = 0,     /* Device-nGnRE, never executable: what everything is until told otherwise */
    bulkhead_memory_write_back = 1, /* shared memory among native partitions */
    bulkhead_memory_uncached = 2,   /* shared memory with an end in a Linux partition */
    bulkhead_memory_read_only = 3   /* data of several readers */
};

/* Optional: says what lies in [base, base + size), page by page, before bulkhead_mmu_enable().
 * False: not page-aligned, the MMU is on already, or out of tables. */
bool bulkhead_mmu_map(uint64_t base, uint64_t size, enum bulkhead_memory_kind kind);
/* The same for a channel's areas, each as its ends have to see it. */
bool bulkhead_channel_map(const struct bulkhead_channel *channel);
/* Optional: identity map and caches on for this vCPU; text read-only, data not executable. The
 * partition's own RAM needs no bulkhead_mmu_map(). Exclusive accesses need it on real cores. */
void bulkhead_mmu_enable(void);

#ifdef __cplusplus
}
#endif

#endif
