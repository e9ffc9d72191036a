// SPDX-License-Identifier: Apache-2.0
// implements: LLR-404
//
// For guests that measure: the least and the most of what was taken, and the line that the measuring tools read.
#ifndef BULKHEAD_FIGURE_HPP
#define BULKHEAD_FIGURE_HPP

#include "bulkhead.hpp"

namespace bulkhead {

struct Figure {
    uint64_t least{~0ULL};
    uint64_t most{0};

    void take(uint64_t value)
    {
        least = (value < least) ? value : least;
        most = (value > most) ? value : most;
    }

    void print(const char* name) const
    {
        if (least == most) {
            bulkhead::print("bench %s %u\n", name, least);
        } else {
            bulkhead::print("bench %s %u unstable %u %u\n", name, most, least, most);
        }
    }
};

}  // namespace bulkhead

#endif
