// SPDX-License-Identifier: Apache-2.0
// implements: LLR-402
//
// Console of a native run: semihosting calls to the emulator, the same on every board.
#include "bulkhead.h"

namespace {

constexpr uint64_t kWriteCharacter{0x03};

// asm: HLT #0xF000 is the semihosting trap of AArch64; w0 is the operation, x1 its argument.
void semihosting(uint64_t operation, const void* argument)
{
    register uint64_t r0 asm("x0") = operation;
    register const void* r1 asm("x1") = argument;
    asm volatile("hlt #0xF000" : "+r"(r0) : "r"(r1) : "memory");
}

}  // namespace

size_t bulkhead_console_write(const char* text, size_t size)
{
    for (size_t i{0}; i < size; ++i) {
        semihosting(kWriteCharacter, &text[i]);
    }
    return size;
}

// Semihosting has only a read that blocks, which no caller of this function expects.
size_t bulkhead_console_read(char*, size_t) { return 0; }
