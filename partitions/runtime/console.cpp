// SPDX-License-Identifier: Apache-2.0
// implements: LLR-402
//
// The console of a partition with `console: virtual`: two hypercalls, up to 16 bytes each.
#include "bulkhead.h"
#include "bulkhead_partition.h"

namespace {

constexpr uint64_t kConsoleWrite{0xC6000009};
constexpr uint64_t kConsoleRead{0xC600000B};
constexpr size_t kBytesPerCall{16};
constexpr size_t kBytesPerRegister{8};
// How often a full console is asked again before text is dropped: about 10 ms on a slow core, so a line at
// 115200 baud drains meanwhile, and a stuck UART costs no more.
constexpr uint32_t kAttempts{20000};

uint64_t pack(const char* text, size_t size)
{
    uint64_t bytes{0};
    for (size_t i{0}; (i < size) && (i < kBytesPerRegister); ++i) {
        bytes |= static_cast<uint64_t>(static_cast<unsigned char>(text[i])) << (8U * i);
    }
    return bytes;
}

}  // namespace

size_t bulkhead_console_write(const char* text, size_t size)
{
    size_t done{0};
    uint32_t attempts{0};
    while ((bulkhead_has_console != 0U) && (done < size) && (attempts < kAttempts)) {
        const size_t rest{size - done};
        const size_t count{(rest < kBytesPerCall) ? rest : kBytesPerCall};
        const uint64_t low{pack(&text[done], count)};
        const uint64_t high{(count > kBytesPerRegister) ? pack(&text[done + kBytesPerRegister], count - kBytesPerRegister) : 0U};
        const bulkhead_result result{bulkhead_hvc(kConsoleWrite, count, low, high)};
        if (result.status == bulkhead_ok) {
            done += (result.x1 < count) ? result.x1 : count;
            attempts = 0;
        } else if (result.status == bulkhead_busy) {
            ++attempts;
            // asm: a hint to the other vCPUs of an emulator or a multithreaded core that this one only waits.
            asm volatile("yield");
        } else {
            attempts = kAttempts;
        }
    }
    return done;
}

size_t bulkhead_console_read(char* buffer, size_t size)
{
    size_t done{0};
    if ((bulkhead_has_console != 0U) && (size >= kBytesPerCall)) {
        const bulkhead_result result{bulkhead_hvc(kConsoleRead, 0, 0, 0)};
        if (result.status == bulkhead_ok) {
            const size_t count{(result.x1 < kBytesPerCall) ? result.x1 : kBytesPerCall};
            for (; done < count; ++done) {
                const uint64_t bytes{(done < kBytesPerRegister) ? result.x2 : result.x3};
                buffer[done] = static_cast<char>((bytes >> (8U * (done % kBytesPerRegister))) & 0xFFU);
            }
        }
    }
    return done;
}
