// SPDX-License-Identifier: Apache-2.0
// implements: LLR-1030, LLR-1031, LLR-1075
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
    "bulkhead-port list                     the channels of this partition\n"
    "bulkhead-port read NAME [COUNT [MS]]   the newest message of a sampling channel; COUNT times, every MS (1000)\n"
    "bulkhead-port write NAME TEXT          a message into a sampling channel; TEXT `-`: all of standard input\n"
    "bulkhead-port send NAME TEXT           a message into a queuing channel, likewise\n"
    "bulkhead-port recv NAME [MS]           the oldest message of a queuing channel; waits up to MS (0) for one\n"
    "Exit: 0 done, 1 nothing there or no room, 2 usage or environment, 3 the message is stale.\n"};
constexpr uint64_t kMillisecond{1'000'000};
constexpr uint64_t kSecond{1'000'000'000};
constexpr unsigned kPollMs{2};
constexpr unsigned long kLockPatienceMs{1000};  // for another process to finish with the same end

Found channels[bulkhead::linux_port::kMaximumChannels];
alignas(8) unsigned char buffer[kLargestMessage + 1U];

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

uint64_t now_ms()
{
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (static_cast<uint64_t>(time.tv_sec) * 1000U) + (static_cast<uint64_t>(time.tv_nsec) / kMillisecond);
}

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
    if (count == 0) {
        std::fputs("bulkhead-port: this partition has no channels\n", stderr);
        return kNothing;
    }
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

// The message: the words of the command line, or what comes from standard input. One byte more than any message may have
// is as wrong as any number more.
uint64_t take_message(const char* text)
{
    if (std::strcmp(text, "-") == 0) {
        return std::fread(buffer, 1, sizeof(buffer), stdin);
    }
    const size_t length{std::strlen(text)};
    std::memcpy(buffer, text, (length < sizeof(buffer)) ? length : sizeof(buffer));
    return length;
}

int write_sample(const bulkhead_channel& channel, uint64_t length)
{
    SamplingSender port;
    if (port.open(channel, bulkhead::linux_port::boot_generation(), true) != bulkhead_port_ok) {
        return fail(channel.name, "is no sampling channel that this partition writes");
    }
    const bulkhead_port_status status{port.write(buffer, length, counter())};
    return (status == bulkhead_port_ok) ? kDone : fail(channel.name, status_text(status));
}

int send_message(const bulkhead_channel& channel, uint64_t length)
{
    QueueSender port;
    if (port.open(channel, bulkhead::linux_port::boot_generation(), true) != bulkhead_port_ok) {
        return fail(channel.name, "is no queuing channel that this partition sends on");
    }
    const bulkhead_port_status status{port.send(buffer, length, counter())};
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
    const uint64_t until{now_ms() + wait_ms};
    for (;;) {
        bulkhead_message message{};
        const bulkhead_port_status status{port.receive(buffer, sizeof(buffer), message)};
        if (message.lost != 0U) {
            std::fprintf(stderr, "bulkhead-port: %s: %llu lost\n", channel.name, static_cast<unsigned long long>(message.lost));
        }
        if (status == bulkhead_port_ok) {
            print_message(message);
            return kDone;
        }
        if (now_ms() >= until) {
            std::printf("%s\n", status_text(status));
            return kNothing;
        }
        sleep_ms(kPollMs);
    }
}

// One process at a time writes an area: ports know one writer. One that stands still must not hold up others for ever.
bool lock(const char* name, unsigned long patience_ms)
{
    char path[64];
    std::snprintf(path, sizeof(path), "/tmp/bulkhead-port.%s", name);
    const int file{open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600)};
    const uint64_t until{now_ms() + patience_ms};
    bool is_mine{(file >= 0) && (flock(file, LOCK_EX | LOCK_NB) == 0)};
    while (!is_mine && (file >= 0) && (errno == EWOULDBLOCK) && (now_ms() < until)) {
        sleep_ms(kPollMs);
        is_mine = flock(file, LOCK_EX | LOCK_NB) == 0;
    }
    return is_mine;
}

// A whole number, nothing else.
bool take_number(const char* text, unsigned long& value)
{
    char* end{nullptr};
    errno = 0;
    value = std::strtoul(text, &end, 10);
    return (std::isdigit(static_cast<unsigned char>(text[0])) != 0) && (*end == '\0') && (errno == 0);
}

struct Verb {
    const char* name;
    int least;     // words beside the command and the verb
    int most;
    bool locks;    // it writes an area
};

constexpr Verb kVerbs[]{{"list", 0, 0, false}, {"read", 1, 3, false}, {"write", 2, 2, true}, {"send", 2, 2, true}, {"recv", 1, 2, true}};

const Verb* find_verb(const char* name)
{
    for (const Verb& verb : kVerbs) {
        if (std::strcmp(verb.name, name) == 0) {
            return &verb;
        }
    }
    return nullptr;
}

int usage(const char* name, const char* what)
{
    static_cast<void>(fail(name, what));
    std::fputs(kUsageText, stderr);
    return kUsage;
}

}  // namespace

int main(int count, char** words)
{
    const char* const name{(count > 1) ? words[1] : ""};
    if ((std::strcmp(name, "--help") == 0) || (std::strcmp(name, "-h") == 0)) {
        std::fputs(kUsageText, stdout);
        return kDone;
    }
    const Verb* const verb{find_verb(name)};
    if (verb == nullptr) {
        return usage(name, "is no verb");
    }
    const int given{count - 2};
    if ((given < verb->least) || (given > verb->most)) {
        return usage(name, (given < verb->least) ? "lacks a word" : "has a word too many");
    }
    const bool reads{std::strcmp(name, "read") == 0};
    const bool receives{std::strcmp(name, "recv") == 0};
    unsigned long first{reads ? 1UL : 0UL};
    unsigned long second{1000};
    if ((reads || receives) && (((given > 1) && !take_number(words[3], first)) || ((given > 2) && !take_number(words[4], second)))) {
        return usage(name, "takes whole numbers behind the channel");
    }
    const int found{bulkhead::linux_port::find_channels(channels)};
    if (found < 0) {
        return fail("/proc/device-tree", std::strerror(errno));
    }
    if (verb->most == 0) {
        return list(found);
    }
    Found* const end{channels + found};
    Found* one{channels};
    while ((one != end) && (std::strcmp(one->name, words[2]) != 0)) {
        ++one;
    }
    if (one == end) {
        return fail(words[2], "this partition has no such channel; see `bulkhead-port list`");
    }
    // Taken before the lock: standard input may keep this process waiting, but nobody else.
    const uint64_t length{(verb->least > 1) ? take_message(words[3]) : 0U};
    if (verb->locks && !lock(one->name, (receives && (first > kLockPatienceMs)) ? first : kLockPatienceMs)) {
        return fail(one->name, (errno == EWOULDBLOCK) ? "another process works with this end" : std::strerror(errno));
    }
    if (!bulkhead::linux_port::map_channel(one->channel)) {
        return fail("/dev/mem", std::strerror(errno));
    }
    if (reads) {
        return read_sample(one->channel, first, second);
    }
    if (receives) {
        return receive_message(one->channel, first);
    }
    return (std::strcmp(name, "write") == 0) ? write_sample(one->channel, length) : send_message(one->channel, length);
}
