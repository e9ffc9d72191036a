// SPDX-License-Identifier: Apache-2.0
// implements: LLR-403
//
// Interrupts on a GICv3 (IHI 0069, 12.9 distributor, 12.11 redistributor, 12.2 CPU interface).
#include "bulkhead.h"
#include "bulkhead_partition.h"
#include "mmio.hpp"
#include "system_register.hpp"

namespace {

constexpr uint64_t kGicdCtlr{0x0000};
constexpr uint64_t kGicdIrouter{0x6000};
// Affinity routing and both group 1 enables; where there is one security state the top one is reserved.
constexpr uint32_t kGicdCtlrEnable{0x13};

constexpr uint64_t kGicrTyper{0x0008};
constexpr uint64_t kGicrWaker{0x0014};
constexpr uint64_t kGicrFrameSize{0x20000};
constexpr uint64_t kGicrSgiFrame{0x10000};
constexpr uint64_t kTyperLast{1U << 4U};
constexpr uint32_t kTyperAffinityShift{32};
constexpr uint32_t kWakerProcessorSleep{1U << 1U};
constexpr uint32_t kWakerChildrenAsleep{1U << 2U};

// The same offsets in the distributor (shared interrupts) and in the redistributor's SGI frame (own ones).
constexpr uint64_t kIgrouprn{0x0080};
constexpr uint64_t kIsenablern{0x0100};
constexpr uint64_t kIcenablern{0x0180};
constexpr uint64_t kIspendrn{0x0200};
constexpr uint64_t kIcpendrn{0x0280};
constexpr uint64_t kIpriorityrn{0x0400};
constexpr uint64_t kIcfgrn{0x0C00};

constexpr uint64_t kPriorityMaskOpen{0xFF};
constexpr uint32_t kFirstSharedInterrupt{32};
constexpr uint8_t kDefaultPriority{0xA0};
constexpr uint32_t kVcpuCapacity{8};

// Where the redistributor of each vCPU lies; each vCPU writes only its own word.
uint64_t own_frames[kVcpuCapacity];

uint64_t find_own_frame()
{
    const uint64_t mpidr{runtime::MPIDR_EL1::read()};
    const uint64_t affinity{(mpidr & 0xFFFFFFU) | ((mpidr >> 8U) & 0xFF000000U)};
    uint64_t frame{bulkhead_gicr_base};
    uint64_t typer{runtime::read64(frame + kGicrTyper)};
    while (((typer >> kTyperAffinityShift) != affinity) && ((typer & kTyperLast) == 0U)) {
        frame += kGicrFrameSize;
        typer = runtime::read64(frame + kGicrTyper);
    }
    return frame;
}

uint64_t bank(uint32_t intid)
{
    return (intid < kFirstSharedInterrupt) ? (own_frames[bulkhead_vcpu() % kVcpuCapacity] + kGicrSgiFrame) : bulkhead_gicd_base;
}

uint64_t bit_register(uint64_t array, uint32_t intid) { return bank(intid) + array + (4U * (intid / 32U)); }

uint32_t bit(uint32_t intid) { return 1U << (intid % 32U); }

void join_group_1(uint32_t intid)
{
    const uint64_t address{bit_register(kIgrouprn, intid)};
    runtime::write32(address, runtime::read32(address) | bit(intid));
}

}  // namespace

void bulkhead_irq_init(void)
{
    const uint64_t frame{find_own_frame()};
    own_frames[bulkhead_vcpu() % kVcpuCapacity] = frame;
    runtime::write32(bulkhead_gicd_base + kGicdCtlr, kGicdCtlrEnable);
    runtime::write32(frame + kGicrWaker, runtime::read32(frame + kGicrWaker) & ~kWakerProcessorSleep);
    while ((runtime::read32(frame + kGicrWaker) & kWakerChildrenAsleep) != 0U) {
        asm volatile("yield");
    }
    runtime::ICC_SRE_EL1::write(runtime::ICC_SRE_EL1::read() | runtime::ICC_SRE_EL1::kSystemRegisters);
    // The other registers of the CPU interface exist only once SRE is seen.
    runtime::isb();
    runtime::ICC_PMR_EL1::write(kPriorityMaskOpen);
    runtime::ICC_BPR1_EL1::write(0);
    runtime::ICC_CTLR_EL1::write(0);
    runtime::ICC_IGRPEN1_EL1::write(runtime::ICC_IGRPEN1_EL1::kEnable);
    runtime::isb();
}

void bulkhead_irq_enable(uint32_t intid)
{
    join_group_1(intid);
    bulkhead_irq_set_priority(intid, kDefaultPriority);
    if (intid >= kFirstSharedInterrupt) {
        bulkhead_irq_route(intid, bulkhead_vcpu());
    }
    runtime::write32(bit_register(kIsenablern, intid), bit(intid));
}

void bulkhead_irq_disable(uint32_t intid) { runtime::write32(bit_register(kIcenablern, intid), bit(intid)); }

void bulkhead_irq_set_priority(uint32_t intid, uint8_t priority)
{
    runtime::write8(bank(intid) + kIpriorityrn + intid, priority);
}

void bulkhead_irq_set_edge(uint32_t intid, bool edge)
{
    const uint64_t address{bank(intid) + kIcfgrn + (4U * (intid / 16U))};
    const uint32_t mask{2U << (2U * (intid % 16U))};
    const uint32_t others{runtime::read32(address) & ~mask};
    runtime::write32(address, edge ? (others | mask) : others);
}

void bulkhead_irq_set_pending(uint32_t intid) { runtime::write32(bit_register(kIspendrn, intid), bit(intid)); }

void bulkhead_irq_clear_pending(uint32_t intid) { runtime::write32(bit_register(kIcpendrn, intid), bit(intid)); }

bool bulkhead_irq_is_pending(uint32_t intid) { return (runtime::read32(bit_register(kIspendrn, intid)) & bit(intid)) != 0U; }

void bulkhead_irq_route(uint32_t intid, uint32_t vcpu)
{
    runtime::write64(bulkhead_gicd_base + kGicdIrouter + (8U * static_cast<uint64_t>(intid)), vcpu);
}

void bulkhead_sgi_send(uint32_t intid, uint32_t vcpu_mask)
{
    // What was written before has to be seen by the one who is interrupted.
    asm volatile("dsb ishst" ::: "memory");
    runtime::ICC_SGI1R_EL1::write((static_cast<uint64_t>(intid) << runtime::ICC_SGI1R_EL1::kIntidShift) | vcpu_mask);
    runtime::isb();
}

uint32_t bulkhead_irq_acknowledge(void)
{
    const uint64_t acknowledged{runtime::ICC_IAR1_EL1::read()};
    // The acknowledgement has to be complete before the device is looked at (IHI 0069, 4.1.1).
    runtime::dsb();
    return static_cast<uint32_t>(acknowledged);
}

void bulkhead_irq_end(uint32_t acknowledged)
{
    runtime::ICC_EOIR1_EL1::write(acknowledged);
    runtime::isb();
}

uint32_t bulkhead_irq_id(uint32_t acknowledged) { return acknowledged; }
