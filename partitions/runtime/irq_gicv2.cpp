// SPDX-License-Identifier: Apache-2.0
// implements: LLR-403
//
// Interrupts on a GICv2 (IHI 0048B, 4.3 distributor, 4.4 CPU interface).
#include "bulkhead.h"
#include "bulkhead_partition.h"
#include "mmio.hpp"

namespace {

// Distributor registers; those that end in n are arrays.
constexpr uint64_t kGicdCtlr{0x000};
constexpr uint64_t kGicdIsenablern{0x100};
constexpr uint64_t kGicdIcenablern{0x180};
constexpr uint64_t kGicdIspendrn{0x200};
constexpr uint64_t kGicdIcpendrn{0x280};
constexpr uint64_t kGicdIpriorityrn{0x400};
constexpr uint64_t kGicdItargetsrn{0x800};
constexpr uint64_t kGicdIcfgrn{0xC00};
constexpr uint64_t kGicdSgir{0xF00};
constexpr uint32_t kGicdCtlrEnable{1};
constexpr uint32_t kSgirTargetListShift{16};

constexpr uint64_t kGiccCtlr{0x00};
constexpr uint64_t kGiccPmr{0x04};
constexpr uint64_t kGiccBpr{0x08};
constexpr uint64_t kGiccIar{0x0C};
constexpr uint64_t kGiccEoir{0x10};
constexpr uint32_t kGiccCtlrEnable{1};
constexpr uint32_t kPriorityMaskOpen{0xFF};
constexpr uint32_t kIntidMask{0x3FF};

constexpr uint32_t kFirstSharedInterrupt{32};
constexpr uint8_t kDefaultPriority{0xA0};

uint64_t bit_register(uint64_t array, uint32_t intid) { return bulkhead_gicd_base + array + (4U * (intid / 32U)); }

uint32_t bit(uint32_t intid) { return 1U << (intid % 32U); }

}  // namespace

void bulkhead_irq_init(void)
{
    runtime::write32(bulkhead_gicd_base + kGicdCtlr, kGicdCtlrEnable);
    runtime::write32(bulkhead_gicc_base + kGiccPmr, kPriorityMaskOpen);
    runtime::write32(bulkhead_gicc_base + kGiccBpr, 0);
    runtime::write32(bulkhead_gicc_base + kGiccCtlr, kGiccCtlrEnable);
}

void bulkhead_irq_enable(uint32_t intid)
{
    bulkhead_irq_set_priority(intid, kDefaultPriority);
    if (intid >= kFirstSharedInterrupt) {
        bulkhead_irq_route(intid, bulkhead_vcpu());
    }
    runtime::write32(bit_register(kGicdIsenablern, intid), bit(intid));
}

void bulkhead_irq_disable(uint32_t intid) { runtime::write32(bit_register(kGicdIcenablern, intid), bit(intid)); }

void bulkhead_irq_set_priority(uint32_t intid, uint8_t priority)
{
    runtime::write8(bulkhead_gicd_base + kGicdIpriorityrn + intid, priority);
}

void bulkhead_irq_set_edge(uint32_t intid, bool edge)
{
    const uint64_t address{bulkhead_gicd_base + kGicdIcfgrn + (4U * (intid / 16U))};
    const uint32_t mask{2U << (2U * (intid % 16U))};
    const uint32_t others{runtime::read32(address) & ~mask};
    runtime::write32(address, edge ? (others | mask) : others);
}

void bulkhead_irq_set_pending(uint32_t intid) { runtime::write32(bit_register(kGicdIspendrn, intid), bit(intid)); }

void bulkhead_irq_clear_pending(uint32_t intid) { runtime::write32(bit_register(kGicdIcpendrn, intid), bit(intid)); }

bool bulkhead_irq_is_pending(uint32_t intid) { return (runtime::read32(bit_register(kGicdIspendrn, intid)) & bit(intid)) != 0U; }

void bulkhead_irq_route(uint32_t intid, uint32_t vcpu)
{
    runtime::write8(bulkhead_gicd_base + kGicdItargetsrn + intid, static_cast<uint8_t>(1U << vcpu));
}

void bulkhead_sgi_send(uint32_t intid, uint32_t vcpu_mask)
{
    // What was written before has to be seen by the one who is interrupted.
    asm volatile("dsb ishst" ::: "memory");
    runtime::write32(bulkhead_gicd_base + kGicdSgir, (vcpu_mask << kSgirTargetListShift) | intid);
}

uint32_t bulkhead_irq_acknowledge(void) { return runtime::read32(bulkhead_gicc_base + kGiccIar); }

void bulkhead_irq_end(uint32_t acknowledged) { runtime::write32(bulkhead_gicc_base + kGiccEoir, acknowledged); }

uint32_t bulkhead_irq_id(uint32_t acknowledged) { return acknowledged & kIntidMask; }
