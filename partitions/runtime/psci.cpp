// SPDX-License-Identifier: Apache-2.0
// implements: LLR-405
//
// PSCI 1.1 (DEN 0022, chapter 5) and the start of a partition's own vCPUs.
#include "bulkhead.h"
#include "bulkhead_partition.h"
#include "system_register.hpp"

namespace {

constexpr uint64_t kVersion{0x84000000};
constexpr uint64_t kCpuSuspend{0xC4000001};
constexpr uint64_t kCpuOff{0x84000002};
constexpr uint64_t kCpuOn{0xC4000003};
constexpr uint64_t kAffinityInfo{0xC4000004};
constexpr uint64_t kSystemOff{0x84000008};
constexpr uint64_t kSystemReset{0x84000009};
constexpr uint64_t kFeatures{0x8400000A};

constexpr int64_t kInvalidParameters{-2};

// What a started vCPU is to do; one writer (the starter) before CPU_ON, one reader after it.
struct alignas(64) Start {
    void (*entry)(uint64_t argument);
    uint64_t argument;
};

constexpr uint32_t kVcpuCapacity{8};
Start starts[kVcpuCapacity];

// Sleep that nothing ends: what follows a call that does not return.
[[noreturn]] void sleep_for_ever()
{
    for (;;) {
        bulkhead_wait_for_interrupt();
    }
}

}  // namespace

extern "C" {
void runtime_secondary_start(void);
void runtime_secondary_main(const Start* start);
}

void runtime_secondary_main(const Start* start) { start->entry(start->argument); }

uint32_t bulkhead_vcpu(void)
{
    return static_cast<uint32_t>(runtime::MPIDR_EL1::read() & runtime::MPIDR_EL1::kAff0Mask);
}

int64_t bulkhead_vcpu_start(uint32_t vcpu, void (*entry)(uint64_t argument), uint64_t argument)
{
    if ((vcpu >= kVcpuCapacity) || (vcpu >= bulkhead_vcpu_count)) {
        return kInvalidParameters;
    }
    Start& start{starts[vcpu]};
    start.entry = entry;
    start.argument = argument;
    // asm: the new vCPU reads the record with its caches off, so the line has to be in memory first.
    asm volatile("dc cvac, %0\n\tdsb sy" : : "r"(&start) : "memory");
    const uint64_t own{runtime::MPIDR_EL1::read() & runtime::MPIDR_EL1::kAffinityMask};
    const uint64_t target{(own & ~runtime::MPIDR_EL1::kAff0Mask) | vcpu};
    return bulkhead_psci_cpu_on(target, reinterpret_cast<uintptr_t>(&runtime_secondary_start),
                                reinterpret_cast<uintptr_t>(&start));
}

uint32_t bulkhead_psci_version(void) { return static_cast<uint32_t>(bulkhead_psci(kVersion, 0, 0, 0).status); }

// PSCI's results are 32 bits wide for the 32-bit calls; firmware need not extend them.
int64_t bulkhead_psci_cpu_on(uint64_t target, uint64_t entry, uint64_t context)
{
    return static_cast<int32_t>(bulkhead_psci(kCpuOn, target, entry, context).status);
}

int64_t bulkhead_psci_affinity_info(uint64_t target, uint64_t level)
{
    return static_cast<int32_t>(bulkhead_psci(kAffinityInfo, target, level, 0).status);
}

int64_t bulkhead_psci_cpu_suspend(uint64_t power_state)
{
    return static_cast<int32_t>(bulkhead_psci(kCpuSuspend, power_state, 0, 0).status);
}

int64_t bulkhead_psci_features(uint64_t function)
{
    return static_cast<int32_t>(bulkhead_psci(kFeatures, function, 0, 0).status);
}

void bulkhead_cpu_off(void)
{
    static_cast<void>(bulkhead_psci(kCpuOff, 0, 0, 0));
    sleep_for_ever();
}

void bulkhead_system_off(void)
{
    static_cast<void>(bulkhead_psci(kSystemOff, 0, 0, 0));
    sleep_for_ever();
}

void bulkhead_system_reset(void)
{
    static_cast<void>(bulkhead_psci(kSystemReset, 0, 0, 0));
    sleep_for_ever();
}
