// SPDX-License-Identifier: Apache-2.0
//
// The interrupt controller register by register and field by field, for every id there is: `raid N` is one of them, so that a
// scenario can ask the others in between.
#include "bulkhead_partition.h"
#include "hostile.hpp"

#include "system_register.hpp"

namespace hostile {
namespace {

constexpr uint32_t kGicv3{3};
constexpr uint32_t kIds{1020};
constexpr uint32_t kWords{32};
constexpr uint32_t kAll{0xFFFFFFFF};

// Offsets common to both versions (IHI 0048, 4.1.2; IHI 0069, 12.8 and 12.10), then those that one has.
constexpr uint64_t kCtlr{0x000};
constexpr uint64_t kIgrouprn{0x080};
constexpr uint64_t kIsenablern{0x100};
constexpr uint64_t kIcenablern{0x180};
constexpr uint64_t kIspendrn{0x200};
constexpr uint64_t kIcpendrn{0x280};
constexpr uint64_t kIsactivern{0x300};
constexpr uint64_t kIcactivern{0x380};
constexpr uint64_t kIpriorityrn{0x400};
constexpr uint64_t kItargetsrn{0x800};
constexpr uint64_t kIcfgrn{0xC00};
constexpr uint64_t kIgrpmodrn{0xD00};
constexpr uint64_t kNsacrn{0xE00};
constexpr uint64_t kSgir{0xF00};
constexpr uint64_t kCpendsgirn{0xF10};
constexpr uint64_t kSpendsgirEnd{0xF30};
constexpr uint64_t kSetspiNsr{0x040};
constexpr uint64_t kClrspiSrEnd{0x05C};
constexpr uint64_t kIroutern{0x6000};
constexpr uint64_t kRedistributorSize{0x20000};
constexpr uint64_t kRedistributorSgiFrame{0x10000};
constexpr uint32_t kRedistributors{8};
constexpr uint64_t kGiccCtlr{0x000};
constexpr uint64_t kGiccAeoir{0x024};
constexpr uint64_t kGiccDir{0x1000};
constexpr uint32_t kGiccOpenAndSplit{1U | (1U << 9U)};  // EnableGrp1, EOImodeNS
constexpr uint64_t kIccSplit{1U << 1U};                 // EOImode

bool is_gicv3() { return bulkhead_gic_version == kGicv3; }

void put(uint64_t address, uint32_t size_bytes, uint64_t value) { touch(address, size_bytes, true, value); }

// The distributor and, on a GICv3, the frame that has the same layout for what a core has of its own.
uint32_t frames(uint64_t (&bases)[2])
{
    bases[0] = bulkhead_gicd_base;
    bases[1] = bulkhead_gicr_base + kRedistributorSgiFrame;
    return is_gicv3() ? 2U : 1U;
}

// A register of one bit an id: each bit by itself, all at once, none.
void raid_bits(uint64_t offset)
{
    uint64_t bases[2];
    const uint32_t count{frames(bases)};
    for (uint32_t frame{0}; frame < count; ++frame) {
        for (uint32_t word{0}; word < kWords; ++word) {
            const uint64_t address{bases[frame] + offset + (4U * word)};
            for (uint32_t bit{0}; bit < 32U; ++bit) {
                put(address, 4, 1U << bit);
            }
            put(address, 4, kAll);
            put(address, 4, 0);
        }
    }
}

// A register of one byte an id: alone and four together, the least and the most. The most last: an interrupt that were left
// with that priority would not get past the one that the sentinel holds active.
void raid_bytes(uint64_t offset)
{
    uint64_t bases[2];
    const uint32_t count{frames(bases)};
    for (uint32_t frame{0}; frame < count; ++frame) {
        for (uint32_t id{0}; id < kIds; ++id) {
            if ((id % 4U) == 0U) {
                put(bases[frame] + offset + id, 4, 0);
                put(bases[frame] + offset + id, 4, kAll);
            }
            put(bases[frame] + offset + id, 1, 0);
            put(bases[frame] + offset + id, 1, 1U << bulkhead_vcpu());
            put(bases[frame] + offset + id, 1, 0xFF);
        }
    }
}

void raid_control()
{
    for (uint64_t offset{kCtlr}; offset < kIgrouprn; offset += 4U) {
        put(bulkhead_gicd_base + offset, 4, kAll);
        put(bulkhead_gicd_base + offset, 4, 0);
    }
}
void raid_groups() { raid_bits(kIgrouprn); }
void raid_enables() { raid_bits(kIsenablern); }
void raid_disables() { raid_bits(kIcenablern); }
void raid_pendings() { raid_bits(kIspendrn); }
void raid_withdrawals() { raid_bits(kIcpendrn); }
void raid_actives() { raid_bits(kIsactivern); }
void raid_deactivations() { raid_bits(kIcactivern); }
void raid_priorities() { raid_bytes(kIpriorityrn); }

void raid_targets()
{
    raid_bytes(kItargetsrn);
    if (is_gicv3()) {
        constexpr uint64_t kAnyCore{1U << 31U};
        for (uint64_t id{0}; id < kIds; ++id) {
            const uint64_t address{bulkhead_gicd_base + kIroutern + (8U * id)};
            for (uint64_t core{0}; core < kRedistributors; ++core) {
                put(address, 8, core);
                put(address, 4, core);
            }
            put(address, 8, kAnyCore);
            put(address, 8, ~0ULL);
            put(address + 4U, 4, kAll);
        }
    }
}

void raid_triggers()
{
    raid_bits(kIcfgrn);
    raid_bits(kIcfgrn + (4U * kWords));
}
void raid_modifiers()
{
    raid_bits(kIgrpmodrn);
    raid_bits(kNsacrn);
}

// What raises or withdraws an interrupt that is named in the value written.
void raid_messages()
{
    for (uint32_t id{0}; id < kIds; ++id) {
        for (uint64_t offset{kSetspiNsr}; offset < kClrspiSrEnd; offset += 4U) {
            put(bulkhead_gicd_base + offset, 4, id);
        }
    }
    for (uint64_t offset{kCpendsgirn}; offset < kSpendsgirEnd; offset += 4U) {
        put(bulkhead_gicd_base + offset, 4, kAll);
    }
}

void raid_software_interrupts()
{
    constexpr uint32_t kFilters{4};
    constexpr uint32_t kLevels[]{0, 16, 32, 48};  // where the value names targets: a list, Aff1, Aff2, Aff3
    for (uint64_t id{0}; id < 16U; ++id) {
        for (uint64_t list{0}; list < 256U; ++list) {
            if (is_gicv3()) {
                // Each by itself, then all but the sender.
                for (const uint32_t shift : kLevels) {
                    const uint64_t value{(id << 24U) | 0xFFFFU | (list << shift)};
                    send_software_interrupt(value);
                    runtime::ICC_ASGI1R_EL1::write(value);
                    runtime::ICC_SGI0R_EL1::write(value);
                }
                send_software_interrupt((1ULL << 40U) | (id << 24U) | list);
            } else {
                for (uint64_t filter{0}; filter < kFilters; ++filter) {
                    put(bulkhead_gicd_base + kSgir, 4, (filter << 24U) | (list << 16U) | (1U << 15U) | id);
                }
            }
        }
    }
}

// None of which this partition has taken; priority drop and deactivation apart, where there is such a thing, and together.
void raid_ends()
{
    for (uint32_t split{0}; split < 2U; ++split) {
        if (is_gicv3()) {
            runtime::ICC_CTLR_EL1::write((split != 0U) ? kIccSplit : 0U);
        } else {
            put(bulkhead_gicc_base + kGiccCtlr, 4, (split != 0U) ? kGiccOpenAndSplit : 1U);
        }
        for (uint32_t id{0}; id < kIds; ++id) {
            end_interrupt(id);
            if (is_gicv3()) {
                runtime::ICC_DIR_EL1::write(id);
            } else {
                put(bulkhead_gicc_base + kGiccAeoir, 4, id);
            }
        }
    }
    if (!is_gicv3()) {
        put(bulkhead_gicc_base + kGiccDir, 4, 0);  // one page on: not this partition's
    }
}

// Where the controller's other frames are on the boards, and other cores' redistributors.
void raid_frames()
{
    constexpr uint64_t kPages[]{0x08010000, 0x08020000, 0x08030000, 0x08040000, 0x08041000, 0x08080000, 0x08090000, 0xF9010000,
                                0xF901F000, 0xF902F000, 0xF9040000, 0xF904F000, 0xF9060000, 0xF906F000, 0xF9070000};
    constexpr uint64_t kOffsets[]{0x000, 0x004, 0x010, 0x0F0, 0x100, 0x180, 0x200, 0x280, 0x380, 0x400};
    for (const uint64_t offset : kOffsets) {
        for (const uint64_t page : kPages) {
            if ((page != bulkhead_gicc_base) && (page != bulkhead_gicd_base)) {
                put(page + offset, 4, kAll);
            }
        }
        for (uint64_t other{1}; is_gicv3() && (other < kRedistributors); ++other) {
            put(bulkhead_gicr_base + (other * kRedistributorSize) + offset, 4, kAll);
            put(bulkhead_gicr_base + (other * kRedistributorSize) + kRedistributorSgiFrame + offset, 4, kAll);
        }
        for (uint64_t page{1}; !is_gicv3() && (page < 16U); ++page) {
            put(bulkhead_gicc_base + (page * 0x1000U) + offset, 4, kAll);
        }
    }
}

struct Raid {
    const char* on;
    void (*run)();
};

constexpr Raid kRaids[]{
    {"CTLR and what is beside it", raid_control}, {"IGROUPR", raid_groups},           {"ISENABLER", raid_enables},
    {"ICENABLER", raid_disables},                 {"ISPENDR", raid_pendings},         {"ICPENDR", raid_withdrawals},
    {"ISACTIVER", raid_actives},                  {"ICACTIVER", raid_deactivations},  {"IPRIORITYR", raid_priorities},
    {"ITARGETSR, IROUTER", raid_targets},         {"ICFGR", raid_triggers},           {"IGRPMODR, NSACR", raid_modifiers},
    {"SETSPI, CLRSPI, SPENDSGIR", raid_messages}, {"SGIs", raid_software_interrupts}, {"EOIR, AEOIR, DIR", raid_ends},
    {"foreign frames", raid_frames},
};

// What it did to itself is undone, so that the next raid begins alike.
void recover()
{
    for (uint32_t word{0}; word < kWords; ++word) {
        uint64_t bases[2];
        const uint32_t count{frames(bases)};
        for (uint32_t frame{0}; frame < count; ++frame) {
            put(bases[frame] + kIcpendrn + (4U * word), 4, kAll);
            put(bases[frame] + kIcactivern + (4U * word), 4, kAll);
        }
    }
    bulkhead_irq_init();
    bulkhead_irq_enable(bulkhead_timer_irq);
}

void raid(const Arguments& arguments)
{
    constexpr uint64_t kCount{sizeof(kRaids) / sizeof(kRaids[0])};
    const uint64_t which{(arguments.count > 0U) ? (arguments.value[0] % kCount) : 0U};
    bulkhead_irq_mask();
    kRaids[which].run();
    recover();
    bulkhead_irq_unmask();
    bulkhead::print("raid %u on %s over\n", which, kRaids[which].on);
    forget_exceptions();
}

constexpr Act kActs[]{
    {"raid", "N: one register of the interrupt controller, every field of every id", raid},
};

}  // namespace

ActList raid_acts() { return {kActs, sizeof(kActs) / sizeof(kActs[0])}; }

}  // namespace hostile
