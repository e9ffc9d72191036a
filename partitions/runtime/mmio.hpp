// SPDX-License-Identifier: Apache-2.0
// implements: LLR-403
//
// Accesses to device registers: one load or store each, of a form that a hypervisor can decode (a
// compiler may otherwise choose a pair or a write-back form, which has no syndrome).
#ifndef BULKHEAD_RUNTIME_MMIO_HPP
#define BULKHEAD_RUNTIME_MMIO_HPP

#include <stdint.h>

namespace runtime {

inline uint32_t read32(uint64_t address)
{
    uint32_t value;
    asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

inline uint64_t read64(uint64_t address)
{
    uint64_t value;
    asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

inline void write32(uint64_t address, uint32_t value)
{
    asm volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

inline void write64(uint64_t address, uint64_t value)
{
    asm volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

inline void write8(uint64_t address, uint8_t value)
{
    asm volatile("strb %w0, [%1]" : : "r"(static_cast<uint32_t>(value)), "r"(address) : "memory");
}

}  // namespace runtime

#endif
