// SPDX-License-Identifier: Apache-2.0
//
// The rows, their repetition, and what is printed.
#include "bench.hpp"

#include "bulkhead_partition.h"
#include "mmio.hpp"
#include "system_register.hpp"

namespace {

constexpr uint32_t kRepeats{8};
constexpr uint64_t kFeatures{0xC6000000};
constexpr uint64_t kStatus{0xC6000003};
constexpr uint64_t kUnknown{0xC600EEF0};
constexpr uint64_t kPsciVersion{0x84000000};
constexpr uint64_t kSmcccVersion{0x80000000};
constexpr uint64_t kTicksAhead{20000};
constexpr uint64_t kQuietTicks{20'000'000};  // for the console to drain what stands in it
constexpr uint32_t kGicv3{3};
constexpr uint32_t kSgi{3};

// Distributor and CPU interface registers used here (IHI 0048, 4.1.2 and 4.1.3; IHI 0069, 12.8).
constexpr uint64_t kGicdTyper{0x004};
constexpr uint64_t kGicdIsenablern{0x100};
constexpr uint64_t kGicdSgir{0xF00};
constexpr uint64_t kGiccPmr{0x004};
constexpr uint64_t kGiccEoir{0x010};
constexpr uint64_t kRedistributorSgiFrame{0x10000};
constexpr uint32_t kSgirToSelf{2U << 24U};
constexpr uint64_t kSgi1rIntidShift{24};
constexpr uint8_t kLowestPriority{0xFF};
constexpr uint8_t kLowPriority{0xC0};  // masked by a mask of the same value

bool is_gicv3() { return bulkhead_gic_version == kGicv3; }

void set_priority_mask(uint8_t mask)
{
    if (is_gicv3()) {
        runtime::ICC_PMR_EL1::write(mask);
        runtime::isb();
    } else {
        runtime::write32(bulkhead_gicc_base + kGiccPmr, mask);
    }
}

void settle(uint32_t& acknowledged)
{
    bulkhead_timer_stop();
    acknowledged = bulkhead_irq_acknowledge();
}

uint64_t end(uint32_t acknowledged)
{
    return is_gicv3() ? measure_end_gicv3(acknowledged) : measure_store(bulkhead_gicc_base + kGiccEoir, acknowledged);
}

uint64_t nothing() { return measure_nothing(); }
uint64_t ten_nops() { return measure_ten_nops(); }
uint64_t null_hypercall() { return measure_hvc(kFeatures, 0, 0, 0); }
uint64_t own_status() { return measure_hvc(kStatus, BULKHEAD_SELF, 0, 0); }
uint64_t psci_version_hvc() { return measure_hvc(kPsciVersion, 0, 0, 0); }
uint64_t psci_version_smc() { return measure_smc(kPsciVersion, 0, 0, 0); }
uint64_t smccc_version() { return measure_hvc(kSmcccVersion, 0, 0, 0); }
uint64_t unknown_hvc() { return measure_hvc(kUnknown, 0, 0, 0); }
uint64_t unknown_smc() { return measure_smc(kUnknown, 0, 0, 0); }
uint64_t set_way() { return measure_set_way(); }
uint64_t typer_read() { return measure_load(bulkhead_gicd_base + kGicdTyper); }
uint64_t isenabler_read() { return measure_load(private_enables()); }
// The timer's bit, which reaches the physical controller; software interrupts may be virtual altogether.
uint64_t isenabler_write() { return measure_store(private_enables(), 1U << bulkhead_timer_irq); }
uint64_t isenabler_write_spi() { return measure_store(bulkhead_gicd_base + kGicdIsenablern + 4U, 1U << 1U); }

uint64_t timer(uint64_t (*measure)(uint64_t ticks), bool wants_end)
{
    uint32_t acknowledged;
    const uint64_t latency{measure(kTicksAhead)};
    settle(acknowledged);
    const uint64_t ending{end(acknowledged)};
    return wants_end ? ending : latency;
}

uint64_t timer_busy() { return timer(measure_timer_busy, false); }
uint64_t timer_wfi() { return timer(measure_timer_asleep, false); }
uint64_t timer_end() { return timer(measure_timer_busy, true); }

uint64_t sgi(bool wants_end)
{
    uint32_t acknowledged;
    // Less the 1 of two reads of the counter next to each other.
    const uint64_t latency{(is_gicv3() ? measure_sgi_gicv3((static_cast<uint64_t>(kSgi) << kSgi1rIntidShift) | 1U)
                                       : measure_sgi_gicv2(bulkhead_gicd_base + kGicdSgir, kSgirToSelf | kSgi)) -
                           1U};
    settle(acknowledged);
    const uint64_t ending{end(acknowledged)};
    return wants_end ? ending : latency;
}

uint64_t own_sgi() { return sgi(false); }
uint64_t sgi_end() { return sgi(true); }

// All other software interrupts pending, held back by the priority mask: every list register is taken.
uint64_t crowded(uint64_t (*measure)())
{
    constexpr uint32_t kOthers{16};
    constexpr uint8_t kHighPriority{0x40};
    set_priority_mask(kLowPriority);
    bulkhead_irq_set_priority(kSgi, kHighPriority);
    bulkhead_irq_set_priority(bulkhead_timer_irq, kHighPriority);
    for (uint32_t id{0}; id < kOthers; ++id) {
        if (id != kSgi) {
            bulkhead_irq_enable(id);
            bulkhead_irq_set_priority(id, kLowPriority);
            bulkhead_sgi_send(id, 1U << bulkhead_vcpu());
        }
    }
    const uint64_t value{measure()};
    set_priority_mask(kLowestPriority);
    uint32_t acknowledged{bulkhead_irq_acknowledge()};
    while (bulkhead_irq_id(acknowledged) < kOthers) {
        bulkhead_irq_end(acknowledged);
        acknowledged = bulkhead_irq_acknowledge();
    }
    return value;
}

uint64_t null_hypercall_crowded() { return crowded(null_hypercall); }
uint64_t isenabler_write_crowded() { return crowded(isenabler_write); }
uint64_t own_sgi_crowded() { return crowded(own_sgi); }
uint64_t timer_busy_crowded() { return crowded(timer_busy); }

uint64_t pmr_write() { return measure_pmr_write(kLowestPriority); }
uint64_t dir_write() { return measure_dir_write(bulkhead_console_irq); }  // shared, looked at longest; not active: no effect

enum class On { kAll, kHypervisor, kGicv3 };

struct Row {
    const char* name;
    uint64_t (*measure)();
    On where;
};

constexpr Row kRows[]{
    {"mrs_mrs", nothing, On::kAll},
    {"ten_nops", ten_nops, On::kAll},
    {"null_hypercall", null_hypercall, On::kHypervisor},
    {"status_hypercall", own_status, On::kHypervisor},
    {"psci_version_hvc", psci_version_hvc, On::kHypervisor},
    {"psci_version_smc", psci_version_smc, On::kHypervisor},
    {"smccc_version", smccc_version, On::kHypervisor},
    {"unknown_hvc", unknown_hvc, On::kHypervisor},
    {"unknown_smc", unknown_smc, On::kHypervisor},
    {"set_way", set_way, On::kAll},
    {"gicd_typer_read", typer_read, On::kAll},
    {"gic_isenabler_read", isenabler_read, On::kAll},
    {"gic_isenabler_write", isenabler_write, On::kAll},
    {"gicd_isenabler_write_spi", isenabler_write_spi, On::kAll},
    {"timer_busy", timer_busy, On::kAll},
    {"timer_wfi", timer_wfi, On::kAll},
    {"timer_end", timer_end, On::kAll},
    {"own_sgi", own_sgi, On::kAll},
    {"sgi_end", sgi_end, On::kAll},
    {"null_hypercall_crowded", null_hypercall_crowded, On::kHypervisor},
    {"gic_isenabler_write_crowded", isenabler_write_crowded, On::kAll},
    {"own_sgi_crowded", own_sgi_crowded, On::kAll},
    {"timer_busy_crowded", timer_busy_crowded, On::kAll},
    {"icc_pmr_write", pmr_write, On::kGicv3},
    {"icc_pmr_read", measure_pmr_read, On::kGicv3},
    {"icc_ctlr_write", measure_ctlr_write, On::kGicv3},
    {"icc_ctlr_read", measure_ctlr_read, On::kGicv3},
    {"icc_rpr_read", measure_rpr_read, On::kGicv3},
    {"icc_dir_write", dir_write, On::kGicv3},
};

constexpr uint32_t kRowCount{sizeof(kRows) / sizeof(kRows[0])};

struct Figure {
    uint64_t first;
    uint64_t least;
    uint64_t most;
};

Figure figures[kRowCount];

void measure(const Row& row, Figure& figure)
{
    // The first time fills what is filled once, such as an emulator's translations; it does not count.
    static_cast<void>(row.measure());
    figure.first = row.measure();
    figure.least = figure.first;
    figure.most = figure.first;
    for (uint32_t i{1}; i < kRepeats; ++i) {
        const uint64_t value{row.measure()};
        figure.least = (value < figure.least) ? value : figure.least;
        figure.most = (value > figure.most) ? value : figure.most;
    }
}

void print(const Row& row, const Figure& figure)
{
    if (figure.least == figure.most) {
        bulkhead::print("bench %s %u\n", row.name, figure.first);
    } else {
        bulkhead::print("bench %s %u unstable %u %u\n", row.name, figure.first, figure.least, figure.most);
    }
}

bool is_there(const Row& row, bool has_hypervisor)
{
    return (row.where == On::kAll) || ((row.where == On::kHypervisor) ? has_hypervisor : is_gicv3());
}

}  // namespace

uint64_t private_enables()
{
    return (is_gicv3() ? (bulkhead_gicr_base + kRedistributorSgiFrame) : bulkhead_gicd_base) + kGicdIsenablern;
}

void bulkhead_main(uint64_t)
{
    const bool has_hypervisor{bulkhead_features().status == bulkhead_ok};
    bulkhead_irq_init();
    if (bulkhead_partition_name[0] == 'v') {  // victim
        stay();
    }
    if ((bulkhead_partition_name[0] == 'n') && has_hypervisor) {  // neighbour; without a hypervisor the name is `native`
        measure_beside_restart();
        return;
    }
    bulkhead_irq_enable(bulkhead_timer_irq);
    bulkhead_irq_enable(kSgi);
    static_cast<void>(bulkhead_ready());
    const uint64_t start{bulkhead_time() + kQuietTicks};
    while (bulkhead_time() < start) {
        asm volatile("yield");
    }
    for (uint32_t i{0}; i < kRowCount; ++i) {
        if (is_there(kRows[i], has_hypervisor)) {
            measure(kRows[i], figures[i]);
        }
    }
    bulkhead::print("bench counter %u\n", bulkhead_ticks_per_second());
    for (uint32_t i{0}; i < kRowCount; ++i) {
        if (is_there(kRows[i], has_hypervisor)) {
            print(kRows[i], figures[i]);
        }
    }
    bulkhead::print("bench done\n");
}
