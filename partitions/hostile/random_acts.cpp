// SPDX-License-Identifier: Apache-2.0
//
// Thousands of acts in an order that a seed fixes. Left out is what ends the partition by contract: accesses
// outside its memory, and calls that halt or restart it.
#include "bulkhead_partition.h"
#include "hostile.hpp"

namespace hostile {
namespace {

constexpr uint64_t kReportEvery{1000};
constexpr uint32_t kGicv3{3};
constexpr uint64_t kDistributorBytes{0x1000};
constexpr uint64_t kDistributorBytesGicv3{0x10000};
constexpr uint64_t kRedistributorBytes{0x20000};

// xorshift64*: good enough to wander, and the same everywhere.
class Random {
public:
    explicit Random(uint64_t seed) : state_{seed | 1U} {}

    uint64_t next()
    {
        state_ ^= state_ >> 12U;
        state_ ^= state_ << 25U;
        state_ ^= state_ >> 27U;
        return state_ * 0x2545F4914F6CDD1DU;
    }

    // Mostly small numbers and edges, which is where decoders go wrong.
    uint64_t edge()
    {
        const uint64_t value{next()};
        switch (value % 8U) {
        case 0:
            return 0;
        case 1:
            return ~0ULL;
        case 2:
            return 1ULL << ((value >> 8U) % 64U);
        case 3:
            return (value >> 8U) % 16U;
        case 4:
            return bulkhead_ram_base + ((value >> 8U) % bulkhead_ram_size);
        case 5:
            return 0xFFFFFFFF;
        default:
            return value;
        }
    }

private:
    uint64_t state_;
};

// What halts or restarts the caller, or stops until somebody wakes it.
bool ends_caller(uint64_t function)
{
    const uint64_t id{function & 0xBFFFFFFFU};
    const bool is_psci_end{(id == 0x84000001U) || (id == 0x84000002U) || (id == 0x84000003U) || (id == 0x84000008U) ||
                           (id == 0x84000009U) || (id == 0x8400000CU) || (id == 0x8400000EU) || (id == 0x84000012U)};
    const bool is_own_end{(id == 0x86000006U) || (id == 0x86000004U) || (id == 0x86000002U) || (id == 0x86000009U)};
    return is_psci_end || is_own_end;
}

void call(Random& random)
{
    constexpr uint64_t kBases[]{0x84000000, 0xC4000000, 0x80000000, 0xC6000000, 0x86000000, 0xC2000000, 0xB2000000, 0x8600FF00};
    const uint64_t choice{random.next()};
    const uint64_t function{kBases[choice % 8U] + ((choice >> 8U) % 32U)};
    const uint64_t x1{random.edge()};
    const uint64_t x2{random.edge()};
    const uint64_t x3{random.edge()};
    if (!ends_caller(function)) {
        if (((choice >> 16U) & 1U) == 0U) {
            static_cast<void>(bulkhead_hvc(function, x1, x2, x3));
        } else {
            static_cast<void>(bulkhead_smc(function, x1, x2, x3));
        }
    }
    static_cast<void>(call_with_immediate(static_cast<uint32_t>((choice >> 24U) % kImmediateKinds), function, x1, x2, x3));
}

void access_controller(Random& random)
{
    const uint64_t choice{random.next()};
    const bool is_redistributor{(bulkhead_gic_version == kGicv3) && ((choice & 1U) != 0U)};
    const uint64_t base{is_redistributor ? bulkhead_gicr_base : bulkhead_gicd_base};
    const uint64_t bytes{is_redistributor                   ? kRedistributorBytes
                         : (bulkhead_gic_version == kGicv3) ? kDistributorBytesGicv3
                                                            : kDistributorBytes};
    const uint32_t size_bytes{1U << ((choice >> 1U) % 4U)};
    const uint64_t address{base + (((choice >> 8U) % bytes) & ~static_cast<uint64_t>(size_bytes - 1U))};
    if (((choice >> 3U) % 16U) == 0U) {
        touch_awkwardly(address & ~0xFULL, static_cast<uint32_t>((choice >> 32U) % kAwkwardKinds));
    } else {
        touch(address, size_bytes, ((choice >> 4U) & 1U) != 0U, random.edge());
    }
}

void one_act(Random& random)
{
    const uint64_t choice{random.next()};
    const uint32_t detail{static_cast<uint32_t>(choice >> 32U)};
    switch (choice % 8U) {
    case 0:
    case 1:
        access_controller(random);
        break;
    case 2:
    case 3:
        call(random);
        break;
    case 4:
        static_cast<void>(read_register(detail));
        break;
    case 5:
        write_register(detail, random.edge());
        break;
    case 6:
        operate_cache(detail % kCacheKinds, random.next() & 0xFFFFFFFFU);
        break;
    default:
        if ((detail % 2U) == 0U) {
            end_interrupt(detail % 1024U);
        } else {
            send_software_interrupt(random.next());
        }
        break;
    }
}

void wander(const Arguments& arguments)
{
    Random random{arguments.value[0]};
    const uint64_t count{(arguments.count > 1U) ? arguments.value[1] : 10U * kReportEvery};
    uint64_t refused{0};
    for (uint64_t i{1}; i <= count; ++i) {
        one_act(random);
        refused += exceptions();
        forget_exceptions();
        if ((i % kReportEvery) == 0U) {
            bulkhead::print("random: %u acts, %u exceptions\n", i, refused);
        }
    }
}

constexpr Act kActs[]{
    {"random", "SEED COUNT: acts of all kinds that do not end the partition", wander},
};

}  // namespace

ActList random_acts() { return {kActs, sizeof(kActs) / sizeof(kActs[0])}; }

}  // namespace hostile
