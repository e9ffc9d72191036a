// SPDX-License-Identifier: Apache-2.0
// implements: LLR-402
//
// The C++ side of the runtime: the C interface of bulkhead.h, with a print that takes its values by type.
#ifndef BULKHEAD_HPP
#define BULKHEAD_HPP

#include "bulkhead.h"

namespace bulkhead {

// A value to print, widened to what bulkhead_print_values() takes.
class Printable {
public:
    constexpr Printable(bool value) : value_{value ? 1U : 0U} {}
    constexpr Printable(char value) : value_{static_cast<unsigned char>(value)} {}
    constexpr Printable(int value) : value_{static_cast<uint64_t>(static_cast<int64_t>(value))} {}
    constexpr Printable(long value) : value_{static_cast<uint64_t>(value)} {}
    constexpr Printable(long long value) : value_{static_cast<uint64_t>(value)} {}
    constexpr Printable(unsigned value) : value_{value} {}
    constexpr Printable(unsigned long value) : value_{value} {}
    constexpr Printable(unsigned long long value) : value_{value} {}
    Printable(const char* text) : value_{reinterpret_cast<uintptr_t>(text)} {}

    constexpr uint64_t value() const { return value_; }

private:
    uint64_t value_;
};

inline void print(const char* text) { bulkhead_print(text); }

template <typename... Values>
void print(const char* format, Values... values)
{
    const uint64_t list[]{Printable{values}.value()...};
    bulkhead_print_values(format, list, sizeof...(values));
}

}  // namespace bulkhead

#endif
