// SPDX-License-Identifier: Apache-2.0
//
// A speedometer that trusts neither what it shows nor what it is told: each sample is checked before it is shown, each
// command before it is obeyed.
#include "bulkhead.hpp"
#include "bulkhead_partition.h"
#include "port/queuing.hpp"
#include "port/sampling.hpp"
#include "../vehicle/vehicle_sample.h"

namespace {

using bulkhead::print;

constexpr uint64_t kFramesPerSecond{50};
constexpr uint64_t kNanosecondsPerSecond{1'000'000'000};
constexpr uint64_t kVehicle{1};  // the partition's id, as the cockpit's file orders them
constexpr uint32_t kCommandsPerFrame{4};
constexpr size_t kTypedAtOnce{16};  // what one call of the console hands over

enum class Shown : uint32_t { kNothing, kValid, kStale };

struct Display {
    Shown shown{Shown::kNothing};
    bool miles{false};
    vehicle_sample sample{};
    uint64_t stamp{0};
    uint64_t oldest{0};  // ticks from a sample's stamp until another one, or "stale", took its place
};

uint64_t microseconds(uint64_t ticks) { return (ticks * 1000U) / (bulkhead_ticks_per_second() / 1000U); }

bool equals(const char* text, const unsigned char* bytes, uint64_t length)
{
    uint64_t i{0};
    while ((i < length) && (text[i] != '\0') && (static_cast<unsigned char>(text[i]) == bytes[i])) {
        ++i;
    }
    return (i == length) && (text[i] == '\0');
}

// The hypothetical requirement that the cockpit's file names for this channel: only listed commands have an effect.
void obey(Display& display, const unsigned char* bytes, uint64_t length)
{
    const bool kmh{equals("units kmh", bytes, length)};
    const bool mph{equals("units mph", bytes, length)};
    if (kmh || mph) {
        display.miles = mph;
        print("instruments: units are %s\n", mph ? "mph" : "km/h");
    } else {
        print("instruments: command of %u B refused\n", length);
    }
}

void take_commands(Display& display, bulkhead::port::QueueReceiver& commands)
{
    alignas(8) static unsigned char bytes[bulkhead_channel_commands_message_bytes];
    for (uint32_t i{0}; i < kCommandsPerFrame; ++i) {
        bulkhead_message message{};
        const bulkhead_port_status status{commands.receive(bytes, sizeof(bytes), message)};
        if (message.restarted) {
            print("instruments: the sender of commands has started anew\n");
        }
        if (status == bulkhead_port_ok) {
            obey(display, bytes, message.length);
        } else if (status == bulkhead_port_corrupt) {
            print("instruments: nonsense in the queue of commands dropped\n");
        } else {
            return;
        }
    }
}

void show(Display& display, bulkhead::port::SamplingReceiver& speed, uint64_t refresh_ticks)
{
    vehicle_sample sample{};
    alignas(8) static unsigned char bytes[bulkhead_channel_speed_message_bytes];
    bulkhead_message message{};
    const bulkhead_port_status status{speed.read(bytes, sizeof(bytes), message)};
    bool valid{(status == bulkhead_port_ok) && (message.length == sizeof(sample))};
    if (valid) {
        __builtin_memcpy(&sample, bytes, sizeof(sample));
        const bool whole{vehicle_check(&sample) == sample.check};
        if (!whole) {
            print("instruments: torn sample %u\n", sample.number);
        }
        valid = whole && bulkhead::port::is_valid(message, bulkhead_time(), refresh_ticks);
    }
    if (message.restarted) {
        print("instruments: vehicle has started anew\n");
    }
    const uint64_t age{bulkhead_time() - display.stamp};
    if ((display.shown == Shown::kValid) && (age > display.oldest)) {
        display.oldest = age;  // until now it was shown as valid
    }
    if (valid) {
        display.sample = sample;
        display.stamp = message.stamp;
        if (display.shown != Shown::kValid) {
            display.shown = Shown::kValid;
            print("instruments: speed is valid, sample %u\n", sample.number);
        }
    } else if (display.shown == Shown::kValid) {
        display.shown = Shown::kStale;
        print("instruments: speed is stale, %u us after sample %u\n", microseconds(age), display.sample.number);
    } else {
        // As before: stale, or nothing yet.
    }
}

void report(const Display& display, uint64_t second)
{
    static const char* const kValidity[]{"empty", "valid", "stale"};
    const uint64_t speed{(static_cast<uint64_t>(display.sample.speed_cm_per_s) * (display.miles ? 2237U : 3600U)) / 100000U};
    print("instruments: second %u speed %u %s telltales 0x%x %s late %u oldest %u us\n", second, speed, display.miles ? "mph" : "km/h",
          display.sample.telltales, kValidity[static_cast<uint32_t>(display.shown)], bulkhead_periods_late(), microseconds(display.oldest));
}

void take_key()
{
    char typed[kTypedAtOnce];
    if (bulkhead_console_read(typed, sizeof(typed)) == 0U) {
        return;
    }
    const char key{typed[0]};
    if (key == 'r') {
        print("instruments: restart of vehicle: %d\n", bulkhead_control(kVehicle, bulkhead_control_cold_restart));
    } else if (key == 'h') {
        print("instruments: halt of vehicle: %d\n", bulkhead_control(kVehicle, bulkhead_control_halt));
    } else if (key == 's') {
        print("instruments: start of vehicle: %d\n", bulkhead_control(kVehicle, bulkhead_control_start));
    } else {
        // No key of this display.
    }
}

}  // namespace

void bulkhead_main(uint64_t)
{
    static Display display{};
    static bulkhead::port::SamplingReceiver speed{};
    static bulkhead::port::QueueReceiver commands{};
    if (!bulkhead_channel_map(bulkhead_channel_speed_end) || !bulkhead_channel_map(bulkhead_channel_commands_end)) {
        print("instruments: a channel cannot be mapped\n");
        return;
    }
    bulkhead_mmu_enable();
    if ((speed.open(*bulkhead_channel_speed_end) != bulkhead_port_ok) ||
        (commands.open(*bulkhead_channel_commands_end, bulkhead_incarnation()) != bulkhead_port_ok)) {
        print("instruments: a channel cannot be opened\n");
        return;
    }
    const uint64_t refresh_ticks{(bulkhead_channel_speed_refresh_ns * (bulkhead_ticks_per_second() / 1000U)) /
                                 (kNanosecondsPerSecond / 1000U)};
    bulkhead_irq_init();
    bulkhead_period_start(bulkhead_ticks_per_second() / kFramesPerSecond);
    static_cast<void>(bulkhead_ready());
    print("instruments: 50 frames a second\n");
    for (;;) {
        const uint64_t frame{bulkhead_period_wait()};
        show(display, speed, refresh_ticks);
        take_commands(display, commands);
        take_key();
        if ((frame % kFramesPerSecond) == 0U) {
            report(display, frame / kFramesPerSecond);
        }
    }
}
