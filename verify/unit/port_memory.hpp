// SPDX-License-Identifier: Apache-2.0
// Shared memory of a channel on the host: areas between guard bytes, and a hostile peer's hand in them.
#ifndef BULKHEAD_VERIFY_UNIT_PORT_MEMORY_HPP_
#define BULKHEAD_VERIFY_UNIT_PORT_MEMORY_HPP_

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "bulkhead_port.h"
#include "port/queuing.hpp"
#include "port/sampling.hpp"

class PortMemory {
 public:
  explicit PortMemory(uint64_t bytes) : size_{bulkhead::port::round_up(bytes, kPage)}, bytes_(size_ + 5 * kPage, kGuard) {
    const auto start = reinterpret_cast<uintptr_t>(bytes_.data());
    forward_ = reinterpret_cast<unsigned char*>((start + 2 * kPage - 1) / kPage * kPage);
    back_ = forward_ + size_ + kPage;
    std::memset(forward_, 0, size_);
    std::memset(back_, 0, kPage);
  }

  bulkhead_channel end(bulkhead_channel_kind kind, bool sends, uint64_t message, uint32_t depth) const {
    bulkhead_channel channel{};
    channel.name = "test";
    channel.kind = kind;
    channel.sends = sends ? 1 : 0;
    channel.depth = depth;
    channel.message_bytes = message;
    channel.base = reinterpret_cast<uintptr_t>(forward_);
    channel.size = size_;
    if (kind == bulkhead_kind_queuing) {
      channel.back_base = reinterpret_cast<uintptr_t>(back_);
      channel.back_size = kPage;
    }
    return channel;
  }

  uint64_t& word(size_t offset) { return *reinterpret_cast<uint64_t*>(forward_ + offset); }
  uint32_t& half(size_t offset) { return *reinterpret_cast<uint32_t*>(forward_ + offset); }
  uint64_t& back_word(size_t offset) { return *reinterpret_cast<uint64_t*>(back_ + offset); }
  size_t size() const { return size_; }

  std::vector<unsigned char> snapshot() const { return {forward_, forward_ + size_}; }
  void restore(const std::vector<unsigned char>& state) { std::copy(state.begin(), state.end(), forward_); }

  /// What a hostile sender does between two looks: bytes turned over, words of every awkward kind.
  void scribble(std::mt19937_64& random) { scribble(random, forward_, std::min<size_t>(size_, 1024)); }
  void scribble_back(std::mt19937_64& random) { scribble(random, back_, 64); }

  bool is_intact() const {
    const auto* const start = bytes_.data();
    const auto* const end = start + bytes_.size();
    return std::all_of(start, static_cast<const unsigned char*>(forward_), is_guard) &&
           std::all_of(static_cast<const unsigned char*>(forward_ + size_), static_cast<const unsigned char*>(back_), is_guard) &&
           std::all_of(static_cast<const unsigned char*>(back_ + kPage), end, is_guard);
  }

 private:
  static constexpr size_t kPage = 4096;
  static constexpr unsigned char kGuard = 0xA5;

  static bool is_guard(unsigned char byte) { return byte == kGuard; }

  static void scribble(std::mt19937_64& random, unsigned char* area, size_t size) {
    static constexpr uint64_t kAwkward[] = {0, 1, 2, 3, 4, 0xFFFF'FFFF, 0x1'0000'0000, ~uint64_t{0}, ~uint64_t{0} - 3};
    const size_t place = random() % (size / 8) * 8;
    auto* const word = reinterpret_cast<uint64_t*>(area + place);
    switch (random() % 3) {
      case 0: __atomic_store_n(word, kAwkward[random() % (sizeof(kAwkward) / 8)], __ATOMIC_RELAXED); break;
      case 1: __atomic_store_n(word, random(), __ATOMIC_RELAXED); break;
      default: (void)__atomic_fetch_xor(word, uint64_t{1} << (random() % 64), __ATOMIC_RELAXED); break;
    }
  }

  size_t size_;
  std::vector<unsigned char> bytes_;
  unsigned char* forward_ = nullptr;
  unsigned char* back_ = nullptr;
};

#endif  // BULKHEAD_VERIFY_UNIT_PORT_MEMORY_HPP_
