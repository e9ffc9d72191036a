// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1030, LLR-1031
//
// bulkhead-port: the channels of this partition from Linux's command line, by polling /dev/mem. No module, no hypercall.
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "device_tree.hpp"
#include "port/queuing.hpp"
#include "port/sampling.hpp"

namespace {

using namespace bulkhead::port;
using bulkhead::linux_port::Found;

enum Exit { kDone = 0, kNothing = 1, kUsage = 2, kStale = 3 };

constexpr char kUsageText[]{
    "bulkhead-port list\n"
    "bulkhead-port read NAME [COUNT [MS]]   the newest message of a sampling channel; COUNT times, every MS (1000)\n"
    "bulkhead-port write NAME TEXT          a message into a sampling channel\n"
    "bulkhead-port send NAME TEXT           a message into a queuing channel\n"
    "bulkhead-port recv NAME [MS]           the oldest message of a queuing channel; waits up to MS for one\n"
    "Exit: 0 done, 1 nothing there or no room, 2 usage or environment, 3 the message is stale.\n"};
constexpr uint64_t kMillisecond{1'000'000};
constexpr uint64_t kSecond{1'000'000'000};
constexpr unsigned kPollMs{2};

Found channels[bulkhead::linux_port::kMaximumChannels];
alignas(8) unsigned char buffer[kLargestMessage];

// Without ISB the counter may be read before the message that it is to date (DDI 0487, D12.1.2).
uint64_t counter()
{
    uint64_t value{0};
    asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

uint64_t frequency()
{
    uint64_t value{0};
    asm volatile("mrs %0, cntfrq_el0" : "=r"(value));
    return (value == 0U) ? 1U : value;
}

uint64_t ticks(uint64_t nanoseconds) { return static_cast<uint64_t>(static_cast<unsigned __int128>(nanoseconds) * frequency() / kSecond); }

uint64_t milliseconds(uint64_t count) { return static_cast<uint64_t>(static_cast<unsigned __int128>(count) * 1000U / frequency()); }

void sleep_ms(uint64_t duration_ms)
{
    const timespec time{static_cast<time_t>(duration_ms / 1000U), static_cast<long>((duration_ms % 1000U) * kMillisecond)};
    nanosleep(&time, nullptr);
}

int fail(const char* name, const char* what)
{
    std::fprintf(stderr, "bulkhead-port: %s: %s\n", name, what);
    return kUsage;
}

const char* status_text(bulkhead_port_status status)
{
    switch (status) {
    case bulkhead_port_ok: return "ok";
    case bulkhead_port_empty: return "empty";
    case bulkhead_port_busy: return "busy";
    case bulkhead_port_full: return "full";
    case bulkhead_port_size: return "the message is empty or longer than the channel's";
    case bulkhead_port_corrupt: return "the other end wrote nonsense";
    default: return "the channel's description cannot be used";
    }
}

// Text as it is, everything else as hexadecimal digits.
void print_message(const bulkhead_message& message)
{
    bool is_text{true};
    for (uint64_t i{0}; i < message.length; ++i) {
        is_text = is_text && (std::isprint(buffer[i]) != 0);
    }
    std::printf("%llu B%s: ", static_cast<unsigned long long>(message.length), is_text ? "" : " hex");
    for (uint64_t i{0}; i < message.length; ++i) {
        std::printf(is_text ? "%c" : "%02x", buffer[i]);
    }
    std::printf("\n");
    std::fflush(stdout);
}

int list(int count)
{
    static const char* const kKinds[]{"sampling", "queuing", "shared-memory"};
    for (int i{0}; i < count; ++i) {
        const bulkhead_channel& channel{channels[i].channel};
        std::printf("%-2u %-20s %-13s %-7s", channel.slot, channel.name, kKinds[channel.kind], (channel.sends != 0U) ? "send" : "receive");
        if (channel.message_bytes != 0U) {
            std::printf(" %llu B", static_cast<unsigned long long>(channel.message_bytes));
        }
        if (channel.depth != 0U) {
            std::printf(", %u deep", channel.depth);
        }
        if (channel.refresh_ns != 0U) {
            std::printf(", valid for %llu ms", static_cast<unsigned long long>(channel.refresh_ns / kMillisecond));
        }
        std::printf("\n");
    }
    return kDone;
}

int read_sample(const bulkhead_channel& channel, unsigned long count, unsigned long pause_ms)
{
    SamplingReceiver port;
    if (port.open(channel) != bulkhead_port_ok) {
        return fail(channel.name, "is no sampling channel");
    }
    int result{kDone};
    for (unsigned long n{0}; n < count; ++n) {
        if (n != 0U) {
            sleep_ms(pause_ms);
        }
        bulkhead_message message{};
        const bulkhead_port_status status{port.read(buffer, sizeof(buffer), message)};
        if (status != bulkhead_port_ok) {
            std::printf("%s\n", status_text(status));
            result = kNothing;
            continue;
        }
        const uint64_t now{counter()};
        const bool valid{is_valid(message, now, ticks(channel.refresh_ns))};
        const uint64_t age{(message.stamp <= now) ? (now - message.stamp) : 0U};
        std::printf("%s %llu ms ", valid ? "valid" : "stale", static_cast<unsigned long long>(milliseconds(age)));
        print_message(message);
        result = valid ? kDone : kStale;
    }
    return result;
}

int write_sample(const bulkhead_channel& channel, const char* text)
{
    SamplingSender port;
    if (port.open(channel, bulkhead::linux_port::boot_generation(), true) != bulkhead_port_ok) {
        return fail(channel.name, "is no sampling channel that this partition writes");
    }
    const bulkhead_port_status status{port.write(text, std::strlen(text), counter())};
    return (status == bulkhead_port_ok) ? kDone : fail(channel.name, status_text(status));
}

int send_message(const bulkhead_channel& channel, const char* text)
{
    QueueSender port;
    if (port.open(channel, bulkhead::linux_port::boot_generation(), true) != bulkhead_port_ok) {
        return fail(channel.name, "is no queuing channel that this partition sends on");
    }
    const bulkhead_port_status status{port.send(text, std::strlen(text), counter())};
    if ((status != bulkhead_port_ok) && (status != bulkhead_port_size)) {
        std::printf("%s\n", status_text(status));
        return kNothing;
    }
    return (status == bulkhead_port_ok) ? kDone : fail(channel.name, status_text(status));
}

int receive_message(const bulkhead_channel& channel, unsigned long wait_ms)
{
    QueueReceiver port;
    if ((channel.sends != 0U) || (port.open(channel, bulkhead::linux_port::boot_generation(), true) != bulkhead_port_ok)) {
        return fail(channel.name, "is no queuing channel that this partition receives from");
    }
    for (unsigned long waited{0};; waited += kPollMs) {
        bulkhead_message message{};
        const bulkhead_port_status status{port.receive(buffer, sizeof(buffer), message)};
        if (message.lost != 0U) {
            std::fprintf(stderr, "bulkhead-port: %s: %llu lost\n", channel.name, static_cast<unsigned long long>(message.lost));
        }
        if (status == bulkhead_port_ok) {
            print_message(message);
            return kDone;
        }
        if (waited >= wait_ms) {
            std::printf("%s\n", status_text(status));
            return kNothing;
        }
        sleep_ms(kPollMs);
    }
}

// One process at a time writes an area: ports know one writer.
bool lock(const char* name)
{
    char path[64];
    std::snprintf(path, sizeof(path), "/tmp/bulkhead-port.%s", name);
    const int file{open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600)};
    return (file >= 0) && (flock(file, LOCK_EX) == 0);
}

unsigned long argument(int count, char** words, int index, unsigned long otherwise)
{
    return (index < count) ? std::strtoul(words[index], nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** words)
{
    const char* const verb{(count > 1) ? words[1] : ""};
    const int found{bulkhead::linux_port::find_channels(channels)};
    if (found < 0) {
        return fail("/proc/device-tree", std::strerror(errno));
    }
    if (std::strcmp(verb, "list") == 0) {
        return list(found);
    }
    const bool writes{(std::strcmp(verb, "write") == 0) || (std::strcmp(verb, "send") == 0)};
    const bool reads{(std::strcmp(verb, "read") == 0) || (std::strcmp(verb, "recv") == 0)};
    if ((!writes && !reads) || (count < (writes ? 4 : 3))) {
        std::fputs(kUsageText, stderr);
        return kUsage;
    }
    Found* const end{channels + found};
    Found* one{channels};
    while ((one != end) && (std::strcmp(one->name, words[2]) != 0)) {
        ++one;
    }
    if (one == end) {
        return fail(words[2], "this partition has no such channel; see `bulkhead-port list`");
    }
    if (((verb[0] != 'r') || (std::strcmp(verb, "recv") == 0)) && !lock(one->name)) {
        return fail(one->name, std::strerror(errno));
    }
    if (!bulkhead::linux_port::map_channel(one->channel)) {
        return fail("/dev/mem", std::strerror(errno));
    }
    if (std::strcmp(verb, "read") == 0) {
        return read_sample(one->channel, argument(count, words, 3, 1), argument(count, words, 4, 1000));
    }
    if (std::strcmp(verb, "recv") == 0) {
        return receive_message(one->channel, argument(count, words, 3, 0));
    }
    return (std::strcmp(verb, "write") == 0) ? write_sample(one->channel, words[3]) : send_message(one->channel, words[3]);
}
