// SPDX-License-Identifier: Apache-2.0
//
// Calls of the hypervisor that do not exist, that are not the caller's, or that carry nonsense.
#include "bulkhead_partition.h"
#include "hostile.hpp"

extern "C" uint64_t preserve(uint64_t function, uint64_t by_smc);

namespace hostile {
namespace {

constexpr uint64_t kCpuOn{0xC4000003};

void print_result(const char* what, uint64_t function, const bulkhead_result& result)
{
    bulkhead::print("%s 0x%x", what, function);
    if (exceptions() != 0U) {
        print_outcome(0);
    } else {
        bulkhead::print(" -> %d 0x%x 0x%x 0x%x\n", static_cast<long>(result.status), result.x1, result.x2, result.x3);
    }
}

void call_hvc(const Arguments& arguments)
{
    const uint64_t* const x{arguments.value};
    print_result("hvc", x[0], bulkhead_hvc(x[0], x[1], x[2], x[3]));
}

void call_smc(const Arguments& arguments)
{
    const uint64_t* const x{arguments.value};
    print_result("smc", x[0], bulkhead_smc(x[0], x[1], x[2], x[3]));
}

// Ids of every owner (DEN 0028, chapter 6), 32-bit and 64-bit, fast and yielding, that nobody implements.
void unknown_calls(const Arguments&)
{
    constexpr uint64_t kKinds[]{0x00000000, 0x40000000, 0x80000000, 0xC0000000};
    for (const uint64_t kind : kKinds) {
        for (uint64_t owner{0}; owner < 64U; ++owner) {
            const uint64_t function{kind | (owner << 24U) | 0xEEF0U};
            const bulkhead_result by_hvc{bulkhead_hvc(function, 1, 2, 3)};
            const bulkhead_result by_smc{bulkhead_smc(function, 1, 2, 3)};
            if ((by_hvc.status != bulkhead_not_supported) || (by_smc.status != bulkhead_not_supported)) {
                print_result("hvc", function, by_hvc);
                print_result("smc", function, by_smc);
            }
        }
    }
}

void immediates(const Arguments&)
{
    for (uint32_t kind{0}; kind < kImmediateKinds; ++kind) {
        print_result((kind < (kImmediateKinds / 2U)) ? "hvc with immediate" : "smc with immediate", 0xC6000000,
                     call_with_immediate(kind, 0xC6000000, 0, 0, 0));
    }
}

void preserved(const Arguments&)
{
    constexpr uint64_t kFunctions[]{0x80000000, 0x80000001, 0x84000000, 0x84000004, 0x8400000A, 0x84000006, 0x8600FF01, 0x8600FF03,
                                    0xC6000000, 0xC6000001, 0xC6000003, 0xC6000005, 0xC6000008, 0xC600000B, 0xC600000C, 0xC600000D,
                                    0xC600EEF0, 0xC2000000, 0x32000000};
    for (const uint64_t function : kFunctions) {
        const uint64_t by_hvc{preserve(function, 0)};
        const uint64_t by_smc{preserve(function, 1)};
        bulkhead::print("call 0x%x changed registers: 0x%x by HVC, 0x%x by SMC\n", function, by_hvc, by_smc);
    }
}

void cpu_on_badly(const Arguments&)
{
    const uint64_t entry{bulkhead_ram_base};
    const uint64_t targets[]{0, 1, 2, 7, 8, 0xFF, 0x100, 0x80000000, 0x1'00000000, ~0ULL};
    for (const uint64_t target : targets) {
        bulkhead::print("CPU_ON target 0x%x entry outside", target);
        bulkhead::print(" -> %d\n", static_cast<long>(bulkhead_hvc(kCpuOn, target, bulkhead_ram_base + bulkhead_ram_size, 0).status));
    }
    bulkhead::print("CPU_ON own vCPU -> %d\n", static_cast<long>(bulkhead_hvc(kCpuOn, 0, entry, 0).status));
    bulkhead::print("CPU_ON unaligned entry -> %d\n", static_cast<long>(bulkhead_hvc(kCpuOn, 1, entry + 2U, 0).status));
    bulkhead::print("CPU_ON entry ~0 -> %d\n", static_cast<long>(bulkhead_hvc(kCpuOn, 1, ~0ULL, 0).status));
    bulkhead::print("CPU_ON foreign vCPU -> %d\n", static_cast<long>(bulkhead_hvc(kCpuOn, bulkhead_vcpu_count, entry, 0).status));
}

void reset(const Arguments&) { bulkhead_system_reset(); }

void off(const Arguments&) { bulkhead_system_off(); }

void cpu_off(const Arguments&) { bulkhead_cpu_off(); }

void suspend(const Arguments& arguments)
{
    bulkhead::print("CPU_SUSPEND 0x%x -> %d\n", arguments.value[0], static_cast<long>(bulkhead_psci_cpu_suspend(arguments.value[0])));
}

void spin(const Arguments&)
{
    asm volatile("msr daifset, #15" ::: "memory");
    for (;;) {
        asm volatile("yield");
    }
}

void sleep(const Arguments&)
{
    bulkhead_timer_stop();
    asm volatile("msr daifset, #15" ::: "memory");
    for (;;) {
        bulkhead_wait_for_interrupt();
    }
}

// Floods the console, whose losses are the flooder's own.
void flood(const Arguments& arguments)
{
    for (uint64_t i{0}; i < arguments.value[0]; ++i) {
        static_cast<void>(bulkhead_hvc(0xC6000009, 16, 0x2323232323232323, 0x2323232323232323));
    }
    bulkhead::print("\n");
}

// Has every partition named restarted, and raises error 1 while all of them are being loaded.
void raise_during_restarts(const Arguments& arguments)
{
    constexpr uint64_t kColdStart{1};  // state of bulkhead_partition_status
    uint64_t before[kMostArguments];
    for (uint32_t i{0}; i < arguments.count; ++i) {
        before[i] = bulkhead_partition_status(arguments.value[i]).x3;
        static_cast<void>(bulkhead_control(arguments.value[i], bulkhead_control_cold_restart));
    }
    for (uint32_t i{0}; i < arguments.count; ++i) {
        while (bulkhead_partition_status(arguments.value[i]).x3 == before[i]) {
            asm volatile("yield");
        }
    }
    uint32_t loading{0};
    for (uint32_t i{0}; i < arguments.count; ++i) {
        loading += (bulkhead_partition_status(arguments.value[i]).x1 == kColdStart) ? 1U : 0U;
    }
    bulkhead::print("raise: while %u of %u are loaded\n", loading, arguments.count);
    static_cast<void>(bulkhead_raise(1));
}

constexpr Act kActs[]{
    {"hvc", "FUNCTION [X1 X2 X3]", call_hvc},
    {"smc", "FUNCTION [X1 X2 X3]", call_smc},
    {"unknown-calls", ": 256 unknown ids by HVC and SMC, silent when all are NOT_SUPPORTED", unknown_calls},
    {"immediates", ": HVC and SMC with immediates other than 0", immediates},
    {"preserved", ": which registers calls change that they must not", preserved},
    {"cpu-on", ": CPU_ON with every wrong argument", cpu_on_badly},
    {"suspend", "STATE", suspend},
    {"raise-during-restarts", "PARTITION...: error 1 while these are loaded anew", raise_during_restarts},
    {"reset", ": SYSTEM_RESET", reset},
    {"off", ": SYSTEM_OFF", off},
    {"cpu-off", ": CPU_OFF", cpu_off},
    {"spin", ": for ever, with everything masked", spin},
    {"sleep", ": for ever, with everything masked and no timer", sleep},
    {"flood", "COUNT: 16 bytes to the console at a time, full or not", flood},
};

}  // namespace

ActList call_acts() { return {kActs, sizeof(kActs) / sizeof(kActs[0])}; }

bulkhead_result call_with_immediate(uint32_t kind, uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
    register uint64_t r0 asm("x0") = function;
    register uint64_t r1 asm("x1") = x1;
    register uint64_t r2 asm("x2") = x2;
    register uint64_t r3 asm("x3") = x3;
    switch (kind) {
    case 0:
        asm volatile("hvc #1" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
        break;
    case 1:
        asm volatile("hvc #0x4A48" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
        break;
    case 2:
        asm volatile("hvc #0xFFFF" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
        break;
    case 3:
        asm volatile("smc #1" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
        break;
    case 4:
        asm volatile("smc #0x4A48" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
        break;
    default:
        asm volatile("smc #0xFFFF" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
        break;
    }
    return {static_cast<int64_t>(r0), r1, r2, r3};
}

}  // namespace hostile
