// SPDX-License-Identifier: Apache-2.0
//
// The interrupt controller: foreign ids, every size and offset, everything pending, ends of what never began.
#include "bulkhead_partition.h"
#include "hostile.hpp"

#include "system_register.hpp"

namespace hostile {
namespace {

// Distributor offsets common to both versions (IHI 0048, 4.1.2; IHI 0069, 12.8).
constexpr uint64_t kCtlr{0x000};
constexpr uint64_t kTyper{0x004};
constexpr uint64_t kIsenablern{0x100};
constexpr uint64_t kIcenablern{0x180};
constexpr uint64_t kIspendrn{0x200};
constexpr uint64_t kIsactivern{0x300};
constexpr uint64_t kIpriorityrn{0x400};
constexpr uint64_t kItargetsrn{0x800};
constexpr uint64_t kIcfgrn{0xC00};
constexpr uint64_t kSgir{0xF00};
constexpr uint64_t kGiccEoir{0x010};
constexpr uint64_t kRedistributorSgiFrame{0x10000};
constexpr uint32_t kWords{32};  // registers of one bit for each of 1024 ids
constexpr uint32_t kGicv3{3};

void print_word(const char* name, uint64_t address)
{
    bulkhead::print("%s 0x%x", name, address);
    print_outcome(load(address, 4));
}

void distributor(const Arguments&)
{
    print_word("GICD_CTLR", bulkhead_gicd_base + kCtlr);
    print_word("GICD_TYPER", bulkhead_gicd_base + kTyper);
    uint64_t survived{0};
    uint64_t refused{0};
    for (uint32_t size_bytes{1}; size_bytes <= 8U; size_bytes *= 2U) {
        for (uint64_t offset{0}; offset < 0x1000U; offset += size_bytes) {
            forget_exceptions();
            touch(bulkhead_gicd_base + offset, size_bytes, false, 0);
            touch(bulkhead_gicd_base + offset, size_bytes, true, 0);
            refused += exceptions();
            ++survived;
        }
    }
    forget_exceptions();
    bulkhead::print("distributor: %u places read and written, %u exceptions\n", survived, refused);
}

// What a partition has without any device: software interrupts, its timers, its console.
uint64_t own_ids(uint32_t word)
{
    constexpr uint64_t kPrivate{0x0000FFFF | (1U << 27U) | (1U << 30U)};
    const bool has_console{(bulkhead_console_base != 0U) && (word == (bulkhead_console_irq / 32U))};
    return ((word == 0U) ? kPrivate : 0U) | (has_console ? (1U << (bulkhead_console_irq % 32U)) : 0U);
}

// Asks for every id of the controller and prints which of them it got that are not its own.
void foreign(const Arguments&)
{
    constexpr uint64_t kSets[]{kIsenablern, kIspendrn, kIsactivern};
    uint32_t others{0};
    for (const uint64_t set : kSets) {
        for (uint32_t word{0}; word < kWords; ++word) {
            forget_exceptions();
            const uint64_t address{bulkhead_gicd_base + set + (4U * word)};
            touch(address, 4, true, 0xFFFFFFFF);
            const uint64_t got{load(address, 4) & ~own_ids(word)};
            if ((exceptions() == 0U) && (got != 0U)) {
                ++others;
                bulkhead::print("foreign: distributor 0x%x reads 0x%x\n", set + (4U * word), got);
            }
            // Undone, so that what was the partition's own does not flood it.
            touch(address + (kIcenablern - kIsenablern), 4, true, 0xFFFFFFFF);
        }
    }
    for (uint32_t id{32}; id < 1020U; ++id) {
        touch(bulkhead_gicd_base + kIpriorityrn + id, 1, true, 0);
        touch(bulkhead_gicd_base + kItargetsrn + id, 1, true, 0xFF);
        touch(bulkhead_gicd_base + kIcfgrn + ((id / 16U) * 4U), 4, true, 0xAAAAAAAA);
    }
    forget_exceptions();
    bulkhead_irq_enable(bulkhead_timer_irq);
    bulkhead::print("foreign: %u words with ids of others\n", others);
}

// All software interrupts of this vCPU at once, more than there are list registers; counts what arrives.
void pending_all(const Arguments& arguments)
{
    const uint32_t last{(arguments.count > 0U) ? static_cast<uint32_t>(arguments.value[0]) : 15U};
    forget_interrupts();
    bulkhead_irq_mask();
    for (uint32_t id{0}; id <= last; ++id) {
        bulkhead_irq_enable(id);
        bulkhead_irq_set_priority(id, static_cast<uint8_t>((15U - id) << 4U));
    }
    for (uint32_t id{0}; id <= last; ++id) {
        bulkhead_sgi_send(id, 1U << bulkhead_vcpu());
    }
    bulkhead_irq_unmask();
    const uint64_t until{bulkhead_time() + (bulkhead_ticks_per_second() / 10U)};
    while ((bulkhead_time() < until) && (interrupts_taken() <= last)) {
        asm volatile("yield");
    }
    uint32_t once{0};
    for (uint32_t id{0}; id <= last; ++id) {
        once += (interrupts_taken(id) == 1U) ? 1U : 0U;
    }
    bulkhead::print("pending-all: %u sent, %u taken, %u of them once\n", last + 1U, interrupts_taken(), once);
}

void foreign_sgi(const Arguments&)
{
    for (uint32_t id{0}; id < 16U; ++id) {
        for (uint64_t mask{0}; mask < 256U; ++mask) {
            if (bulkhead_gic_version == kGicv3) {
                // Aff1, Aff2, Aff3 and the "all but me" bit, none of which is this partition's.
                send_software_interrupt((static_cast<uint64_t>(id) << 24U) | mask | (mask << 16U) | (mask << 32U));
                send_software_interrupt((1ULL << 40U) | (static_cast<uint64_t>(id) << 24U));
            } else {
                send_software_interrupt((mask << 16U) | (mask << 24U) | id);
            }
        }
    }
    bulkhead::print("foreign-sgi");
    print_outcome(interrupts_taken());
}

void end_storm(const Arguments&)
{
    forget_exceptions();
    for (uint32_t id{0}; id < 1024U; ++id) {
        end_interrupt(id);
    }
    bulkhead::print("end-storm");
    print_outcome(0);
}

void interface(const Arguments&)
{
    if (bulkhead_gic_version == kGicv3) {
        for (uint64_t offset{0}; offset < 0x20000U; offset += 4U) {
            touch(bulkhead_gicr_base + offset, 4, false, 0);
        }
        bulkhead::print("redistributor: all read, %u exceptions\n", exceptions());
        forget_exceptions();
        for (uint64_t offset{0}; offset < 0x1000U; offset += 4U) {
            const uint64_t address{bulkhead_gicr_base + kRedistributorSgiFrame + offset};
            touch(address, 4, true, load(address, 4));
        }
        bulkhead::print("redistributor: SGI frame rewritten, %u exceptions\n", exceptions());
    } else {
        for (uint64_t offset{0}; offset < 0x1000U; offset += 4U) {
            touch(bulkhead_gicc_base + offset, 4, false, 0);
        }
        bulkhead::print("CPU interface: all read, %u exceptions\n", exceptions());
        forget_exceptions();
        for (uint64_t offset{0x14}; offset < 0x1000U; offset += 4U) {
            touch(bulkhead_gicc_base + offset, 4, true, 0xFFFFFFFF);
        }
        bulkhead::print("CPU interface: all but the first written, %u exceptions\n", exceptions());
    }
    forget_exceptions();
}

void health(const Arguments&)
{
    bulkhead::print("health: %u interrupts\n", interrupts_taken(bulkhead_health_irq));
}

constexpr Act kActs[]{
    {"distributor", ": reads and writes every word in every size", distributor},
    {"foreign", ": enables, pends, activates, retargets every id", foreign},
    {"pending-all", "[LAST]: software interrupts 0..LAST at once, counts them", pending_all},
    {"foreign-sgi", ": software interrupts to everybody", foreign_sgi},
    {"end-storm", ": ends of all ids, none of them active", end_storm},
    {"health", ": how often a partition that this one monitors had an event", health},
    {"interface", ": every word of the CPU interface or of the redistributors", interface},
};

}  // namespace

ActList interrupt_acts() { return {kActs, sizeof(kActs) / sizeof(kActs[0])}; }

void end_interrupt(uint32_t intid)
{
    if (bulkhead_gic_version == kGicv3) {
        runtime::ICC_EOIR1_EL1::write(intid);
    } else {
        touch(bulkhead_gicc_base + kGiccEoir, 4, true, intid);
    }
}

void send_software_interrupt(uint64_t value)
{
    if (bulkhead_gic_version == kGicv3) {
        runtime::ICC_SGI1R_EL1::write(value);
    } else {
        touch(bulkhead_gicd_base + kSgir, 4, true, value);
    }
}

}  // namespace hostile
