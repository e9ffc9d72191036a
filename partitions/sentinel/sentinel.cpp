// SPDX-License-Identifier: Apache-2.0
//
// Sees to it that nobody else touches the interrupts of this partition. Three channels give it three shared ones, which
// nobody but itself raises.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"
#include "mmio.hpp"

namespace {

constexpr uint32_t kGicv3{3};
constexpr uint64_t kPeriodsPerSecond{100};
constexpr uint64_t kPeriodsToLook{5};
constexpr uint32_t kPrinted{8};
constexpr uint8_t kUrgent{0x60};
constexpr uint8_t kUsual{0x80};
constexpr uint8_t kLeast{0xE0};  // what stays active holds back nothing else

// Registers of one layout in both versions (IHI 0048, 4.1.2; IHI 0069, 12.8 and 12.10), all of them below this offset.
constexpr uint64_t kIspendrn{0x200};
constexpr uint64_t kIpriorityrn{0x400};
constexpr uint64_t kEnd{0xD00};
constexpr uint64_t kIsenablern{0x100};
constexpr uint64_t kIsactivern{0x300};
constexpr uint64_t kRouterFirst{0x6100};
constexpr uint64_t kRouterEnd{0x7FE0};
constexpr uint64_t kRedistributorSgiFrame{0x10000};
constexpr uint32_t kFrameWords{kEnd / 4U};
constexpr uint32_t kWords{(2U * kFrameWords) + ((kRouterEnd - kRouterFirst) / 8U)};

uint32_t known[kWords];
volatile uint64_t taken{0};
volatile uint64_t strays{0};

bool is_gicv3() { return bulkhead_gic_version == kGicv3; }

uint32_t bit_of(uint32_t intid, uint32_t word) { return ((intid / 32U) == word) ? (1U << (intid % 32U)) : 0U; }

// Pending and active bits that come and go by themselves: of the timers and of the console.
uint32_t fleeting(uint64_t offset)
{
    constexpr uint32_t kTimers{(1U << 27U) | (1U << 30U)};
    if ((offset < kIspendrn) || (offset >= kIpriorityrn)) {
        return 0;
    }
    const uint32_t word{static_cast<uint32_t>(offset % 0x80U) / 4U};
    return ((word == 0U) ? kTimers : 0U) | bit_of(bulkhead_console_irq, word);
}

uint32_t look_at_frame(uint64_t base, uint32_t* words, bool learn)
{
    uint32_t differences{0};
    for (uint64_t offset{0}; offset < kEnd; offset += 4U) {
        const uint32_t value{runtime::read32(base + offset) & ~fleeting(offset)};
        uint32_t& word{words[offset / 4U]};
        if (learn) {
            word = value;
        } else if (value != word) {
            ++differences;
            if (differences <= kPrinted) {
                bulkhead::print("sentinel: 0x%x reads 0x%x, not 0x%x\n", base + offset, value, word);
            }
        } else {
            // As it was.
        }
    }
    return differences;
}

uint32_t look_at_routes(uint32_t* words, bool learn)
{
    uint32_t differences{0};
    for (uint64_t offset{kRouterFirst}; offset < kRouterEnd; offset += 8U) {
        const uint32_t value{runtime::read32(bulkhead_gicd_base + offset)};
        uint32_t& word{words[(offset - kRouterFirst) / 8U]};
        if (learn) {
            word = value;
        }
        differences += (value != word) ? 1U : 0U;
    }
    return differences;
}

// Everything that this partition sees of the interrupt controller, compared with what it was, or learnt.
uint32_t look(bool learn)
{
    uint32_t differences{look_at_frame(bulkhead_gicd_base, known, learn)};
    if (is_gicv3()) {
        differences += look_at_frame(bulkhead_gicr_base + kRedistributorSgiFrame, &known[kFrameWords], learn);
        differences += look_at_routes(&known[2U * kFrameWords], learn);
    }
    return differences;
}

bool is_set(uint64_t bank, uint32_t intid)
{
    return ((runtime::read32(bulkhead_gicd_base + bank + ((intid / 32U) * 4U)) >> (intid % 32U)) & 1U) != 0U;
}

// One is used, one pending and not enabled, one taken and not ended.
bool hold()
{
    constexpr uint32_t used{bulkhead_channel_used_irq};
    constexpr uint32_t waiting{bulkhead_channel_waiting_irq};
    constexpr uint32_t held{bulkhead_channel_held_irq};
    bulkhead_irq_set_priority(waiting, kUrgent);
    bulkhead_irq_enable(held);
    bulkhead_irq_set_priority(held, kLeast);
    bulkhead_irq_set_pending(held);
    const bool is_held{bulkhead_irq_id(bulkhead_irq_acknowledge()) == held};
    bulkhead_irq_set_pending(waiting);
    bulkhead_irq_enable(used);
    bulkhead_irq_set_priority(used, kUsual);
    return is_held && is_set(kIsactivern, held) && is_set(kIsenablern, held) && is_set(kIspendrn, waiting) &&
           !is_set(kIsenablern, waiting) && is_set(kIsenablern, used) && !is_set(kIspendrn, used);
}

bool is_asked()
{
    char typed[16];
    const size_t count{bulkhead_console_read(typed, sizeof(typed))};
    bool asked{false};
    for (size_t i{0}; i < count; ++i) {
        asked = asked || (typed[i] == '\n') || (typed[i] == '\r');
    }
    return asked;
}

}  // namespace

void bulkhead_on_interrupt(uint32_t intid)
{
    if (bulkhead_period_interrupt(intid)) {
        // The period's.
    } else if (intid == bulkhead_channel_used_irq) {
        taken = taken + 1U;
    } else {
        strays = strays + 1U;
    }
}

void bulkhead_main(uint64_t)
{
    bulkhead_irq_init();
    const bool holds{hold()};
    bulkhead_period_start(bulkhead_ticks_per_second() / kPeriodsPerSecond);
    static_cast<void>(look(true));
    static_cast<void>(bulkhead_ready());
    bulkhead::print("sentinel: %s\n", holds ? "one in use, one pending, one active" : "interrupts are not as they should be");
    uint64_t looks{0};
    for (;;) {
        static_cast<void>(bulkhead_period_wait());
        if (is_asked()) {
            ++looks;
            for (uint64_t i{0}; i < kPeriodsToLook; ++i) {
                static_cast<void>(bulkhead_period_wait());
            }
            const uint32_t differences{look(false)};
            bulkhead_irq_set_pending(bulkhead_channel_used_irq);
            for (uint64_t i{0}; (i < kPeriodsToLook) && (taken != looks); ++i) {
                static_cast<void>(bulkhead_period_wait());
            }
            bulkhead::print("sentinel: look %u: %u differences, %u strays, %u taken\n", looks, differences, strays, taken);
        }
    }
}
