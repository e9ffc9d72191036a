// SPDX-License-Identifier: Apache-2.0
//
// Says all that a vCPU can say to another one of its partition, without a pause, whether that one listens or not.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"
#include "mmio.hpp"

namespace {

constexpr uint32_t kRounds{2000};
constexpr uint32_t kSgi{1};
constexpr uint32_t kOther{1};  // the vCPU

}  // namespace

void bulkhead_main(uint64_t)
{
    static_cast<void>(bulkhead_ready());
    const uint32_t open{runtime::read32(bulkhead_gicd_base)};
    for (uint32_t round{1};; ++round) {
        bulkhead_sgi_send(kSgi, 1U << kOther);
        runtime::write32(bulkhead_gicd_base, 0);
        runtime::write32(bulkhead_gicd_base, open);
        if (round == kRounds) {
            bulkhead::print("babble: %u rounds\n", kRounds);
        }
    }
}
