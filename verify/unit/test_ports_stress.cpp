// SPDX-License-Identifier: Apache-2.0
// Ports between two threads, under the thread sanitizer: whole, in order, and next to a peer that scribbles.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "port_memory.hpp"

using namespace bulkhead::port;

namespace {

constexpr uint64_t kWords = 16;
constexpr uint64_t kMessages = 100'000;

/// Every word of message n follows from n and its place, so that a torn message shows.
void fill(uint64_t (&words)[kWords], uint64_t n) {
  for (uint64_t i = 0; i < kWords; ++i) {
    words[i] = n * 0x9E37'79B9'7F4A'7C15 + i;
  }
}

bool is_whole(const uint64_t (&words)[kWords]) {
  for (uint64_t i = 1; i < kWords; ++i) {
    if (words[i] != words[0] + i) {
      return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("sampling: no reader ever sees a torn or an older message", "[LLR-1014]") {
  PortMemory memory{sampling_bytes(kWords * 8)};
  const auto from = memory.end(bulkhead_kind_sampling, true, kWords * 8, 0);
  const auto to = memory.end(bulkhead_kind_sampling, false, kWords * 8, 0);
  std::atomic<bool> done{false};
  std::atomic<uint64_t> wrong{0}, read{0};
  auto reader = [&] {
    SamplingReceiver port;
    (void)port.open(to);
    uint64_t words[kWords]{}, last = 0;
    bulkhead_message message{};
    do {
      if (port.read(words, sizeof(words), message) == bulkhead_port_ok) {
        wrong += is_whole(words) && message.stamp >= last && words[0] == message.stamp * 0x9E37'79B9'7F4A'7C15 ? 0 : 1;
        last = message.stamp;
        ++read;
      }
    } while (!done);
  };
  std::thread one{reader}, two{reader};
  uint64_t words[kWords];
  SamplingSender sender;
  for (uint64_t n = 1; n <= kMessages; ++n) {
    if (n % 1000 == 1) {
      REQUIRE(sender.open(from, n) == bulkhead_port_ok);  // a restart now and then
    }
    fill(words, n);
    REQUIRE(sender.write(words, sizeof(words), n) == bulkhead_port_ok);
  }
  done = true;
  one.join();
  two.join();
  CHECK(wrong == 0);
  CHECK(read > 0);
}

TEST_CASE("queue: nothing torn, lost, doubled or out of order", "[LLR-1017]") {
  PortMemory memory{queue_bytes(kWords * 8, 8)};
  const auto from = memory.end(bulkhead_kind_queuing, true, kWords * 8, 8);
  const auto to = memory.end(bulkhead_kind_queuing, false, kWords * 8, 8);
  QueueReceiver receiver;
  REQUIRE(receiver.open(to, 1) == bulkhead_port_ok);
  std::thread sending{[&] {
    QueueSender sender;
    (void)sender.open(from, 1);
    uint64_t words[kWords];
    for (uint64_t n = 1; n <= kMessages; ++n) {
      fill(words, n);
      while (sender.send(words, sizeof(words), n) == bulkhead_port_full) {
        std::this_thread::yield();
      }
    }
  }};
  uint64_t words[kWords]{};
  bulkhead_message message{};
  uint64_t wrong = 0;
  for (uint64_t n = 1; n <= kMessages;) {
    if (receiver.receive(words, sizeof(words), message) == bulkhead_port_ok) {
      wrong += is_whole(words) && message.stamp == n ? 0 : 1;
      ++n;
    } else {
      std::this_thread::yield();
    }
  }
  sending.join();
  CHECK(wrong == 0);
  CHECK(receiver.receive(words, sizeof(words), message) == bulkhead_port_empty);
}

TEST_CASE("a peer that turns bytes over at any moment cannot stop or lead astray", "[LLR-1018]") {
  PortMemory sampling{sampling_bytes(kWords * 8)}, queue{queue_bytes(kWords * 8, 4)};
  SamplingReceiver reader;
  QueueReceiver receiver;
  QueueSender sender;
  REQUIRE(reader.open(sampling.end(bulkhead_kind_sampling, false, kWords * 8, 0)) == bulkhead_port_ok);
  REQUIRE(receiver.open(queue.end(bulkhead_kind_queuing, false, kWords * 8, 4), 1) == bulkhead_port_ok);
  REQUIRE(sender.open(queue.end(bulkhead_kind_queuing, true, kWords * 8, 4), 1) == bulkhead_port_ok);
  std::atomic<bool> done{false};
  std::thread hostile{[&] {
    std::mt19937_64 random{42};
    while (!done) {
      sampling.scribble(random);
      queue.scribble(random);
      queue.scribble_back(random);
    }
  }};
  uint64_t words[kWords + 1]{};
  words[kWords] = 0x5A5A;
  bulkhead_message message{};
  for (uint64_t n = 0; n < kMessages; ++n) {
    REQUIRE(reader.read(words, kWords * 8, message) <= bulkhead_port_corrupt);
    REQUIRE(message.length <= kWords * 8);
    REQUIRE(receiver.receive(words, kWords * 8, message) <= bulkhead_port_corrupt);
    REQUIRE(message.length <= kWords * 8);
    REQUIRE(sender.send(words, kWords * 8, n) <= bulkhead_port_corrupt);
  }
  done = true;
  hostile.join();
  CHECK(words[kWords] == 0x5A5A);
  CHECK((sampling.is_intact() && queue.is_intact()));
}
