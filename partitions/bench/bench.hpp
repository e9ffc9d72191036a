// SPDX-License-Identifier: Apache-2.0
//
// The sequences of measure.S.
#ifndef BENCH_HPP
#define BENCH_HPP

#include "bulkhead.hpp"

extern "C" {
uint64_t measure_nothing(void);
uint64_t measure_ten_nops(void);
uint64_t measure_hvc(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3);
uint64_t measure_smc(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3);
uint64_t measure_load(uint64_t address);
uint64_t measure_store(uint64_t address, uint32_t value);
uint64_t measure_set_way(void);
uint64_t measure_end_gicv3(uint32_t acknowledged);
uint64_t measure_pmr_write(uint64_t value);
uint64_t measure_pmr_read(void);
uint64_t measure_ctlr_write(void);
uint64_t measure_ctlr_read(void);
uint64_t measure_rpr_read(void);
uint64_t measure_dir_write(uint64_t id);
uint64_t measure_timer_busy(uint64_t ticks);
uint64_t measure_timer_asleep(uint64_t ticks);
uint64_t measure_sgi_gicv2(uint64_t address, uint32_t value);
uint64_t measure_sgi_gicv3(uint64_t value);
}

// Where the enables of the private interrupts are: a trap in either version.
uint64_t private_enables();

// restart.cpp: the rows of a partition beside one that is restarted, and what that one does between two restarts.
void measure_beside_restart();
[[noreturn]] void stay();

#endif
