// SPDX-License-Identifier: Apache-2.0
// Sampling and queuing ports of partitions/runtime/port: one thread, every result, restarts and peers that lie.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "port_memory.hpp"

using namespace bulkhead::port;

namespace {

std::vector<unsigned char> pattern(size_t length, unsigned seed) {
  std::vector<unsigned char> bytes(length);
  for (size_t i = 0; i < length; ++i) {
    bytes[i] = static_cast<unsigned char>(seed * 37 + i * 11);
  }
  return bytes;
}

struct Sampling {
  explicit Sampling(uint64_t message) : memory{sampling_bytes(message)}, buffer(message + 16, 0xEE) {
    sender_end = memory.end(bulkhead_kind_sampling, true, message, 0);
    receiver_end = memory.end(bulkhead_kind_sampling, false, message, 0);
    REQUIRE(sender.open(sender_end, 1) == bulkhead_port_ok);
    REQUIRE(receiver.open(receiver_end) == bulkhead_port_ok);
  }
  bulkhead_port_status read() { return receiver.read(buffer.data(), receiver_end.message_bytes, message); }

  PortMemory memory;
  bulkhead_channel sender_end{}, receiver_end{};
  SamplingSender sender;
  SamplingReceiver receiver;
  bulkhead_message message{};
  std::vector<unsigned char> buffer;
};

struct Queue {
  Queue(uint64_t message, uint32_t depth) : memory{queue_bytes(message, depth)}, buffer(message + 16, 0xEE) {
    sender_end = memory.end(bulkhead_kind_queuing, true, message, depth);
    receiver_end = memory.end(bulkhead_kind_queuing, false, message, depth);
    REQUIRE(sender.open(sender_end, 1) == bulkhead_port_ok);
    REQUIRE(receiver.open(receiver_end, 1) == bulkhead_port_ok);
  }
  bulkhead_port_status send(uint64_t value) { return sender.send(&value, sizeof(value), 0); }
  bulkhead_port_status receive() { return receiver.receive(buffer.data(), receiver_end.message_bytes, message); }
  uint64_t value() const {
    uint64_t word = 0;
    std::memcpy(&word, buffer.data(), sizeof(word));
    return word;
  }

  PortMemory memory;
  bulkhead_channel sender_end{}, receiver_end{};
  QueueSender sender;
  QueueReceiver receiver;
  bulkhead_message message{};
  std::vector<unsigned char> buffer;
};

}  // namespace

TEST_CASE("sampling: nothing before the first message, then always the newest", "[LLR-1013][LLR-1014]") {
  Sampling port{64};
  CHECK(port.read() == bulkhead_port_empty);
  for (unsigned n = 1; n <= 20; ++n) {
    const auto sent = pattern(1 + n * 3, n);
    REQUIRE(port.sender.write(sent.data(), sent.size(), n * 100) == bulkhead_port_ok);
    for (int twice = 0; twice < 2; ++twice) {
      REQUIRE(port.read() == bulkhead_port_ok);
      CHECK(port.message.length == sent.size());
      CHECK(port.message.stamp == n * 100);
      CHECK(port.message.current);
      CHECK_FALSE(port.message.restarted);
      CHECK(std::equal(sent.begin(), sent.end(), port.buffer.begin()));
    }
  }
}

TEST_CASE("every length, at every alignment, and not a byte beyond", "[LLR-1011]") {
  for (uint64_t offset = 0; offset < 8; ++offset) {
    Sampling port{96};
    for (uint64_t length = 1; length <= 96; ++length) {
      std::vector<unsigned char> from(offset + length);
      const auto sent = pattern(length, static_cast<unsigned>(length));
      std::copy(sent.begin(), sent.end(), from.begin() + static_cast<long>(offset));
      REQUIRE(port.sender.write(from.data() + offset, length, 1) == bulkhead_port_ok);
      std::vector<unsigned char> to(offset + 96 + 1, 0xEE);
      bulkhead_message message{};
      REQUIRE(port.receiver.read(to.data() + offset, 96, message) == bulkhead_port_ok);
      REQUIRE(std::equal(sent.begin(), sent.end(), to.begin() + static_cast<long>(offset)));
      REQUIRE(std::all_of(to.begin() + static_cast<long>(offset + length), to.end(), [](unsigned char byte) { return byte == 0xEE; }));
    }
  }
}

TEST_CASE("sizes and descriptions that do not fit are refused", "[LLR-1013][LLR-1016]") {
  Sampling port{64};
  const auto bytes = pattern(65, 1);
  CHECK(port.sender.write(bytes.data(), 0, 1) == bulkhead_port_size);
  CHECK(port.sender.write(bytes.data(), 65, 1) == bulkhead_port_size);
  CHECK(port.receiver.read(port.buffer.data(), 63, port.message) == bulkhead_port_size);
  CHECK(port.sender.open(port.receiver_end, 1) == bulkhead_port_unusable);
  CHECK(port.sender.write(bytes.data(), 1, 1) == bulkhead_port_unusable);
  auto short_area = port.receiver_end;
  short_area.size = sampling_bytes(64) - 1;
  CHECK(port.receiver.open(short_area) == bulkhead_port_unusable);
  CHECK(port.read() == bulkhead_port_unusable);
  Queue queue{64, 4};
  auto wrong = queue.receiver_end;
  wrong.depth = 70000;
  CHECK(queue.receiver.open(wrong, 1) == bulkhead_port_unusable);
  wrong = queue.receiver_end;
  wrong.back_base = 0;
  CHECK(queue.receiver.open(wrong, 1) == bulkhead_port_unusable);
  CHECK(queue.receive() == bulkhead_port_unusable);
  CHECK(queue.sender.open(queue.receiver_end, 1) == bulkhead_port_unusable);
  CHECK(queue.send(1) == bulkhead_port_unusable);
}

TEST_CASE("validity: present incarnation, stamp not ahead, not older than the refresh period", "[LLR-1015]") {
  bulkhead_message message{};
  message.current = true;
  message.stamp = 1000;
  CHECK(is_valid(message, 1000, 50));
  CHECK(is_valid(message, 1050, 50));
  CHECK_FALSE(is_valid(message, 1051, 50));
  CHECK(is_valid(message, 1000000, 0));
  CHECK_FALSE(is_valid(message, 999, 50));
  CHECK_FALSE(is_valid(message, 999, 0));
  message.current = false;
  CHECK_FALSE(is_valid(message, 1000, 50));
}

TEST_CASE("sampling: a sender's restart makes its former messages old and is reported once", "[LLR-1015]") {
  Sampling port{64};
  const auto sent = pattern(64, 1);
  REQUIRE(port.sender.write(sent.data(), 64, 5) == bulkhead_port_ok);
  REQUIRE(port.read() == bulkhead_port_ok);
  SamplingSender next;
  REQUIRE(next.open(port.sender_end, 2) == bulkhead_port_ok);
  REQUIRE(port.read() == bulkhead_port_ok);
  CHECK_FALSE(port.message.current);
  CHECK(port.message.restarted);
  CHECK_FALSE(is_valid(port.message, 5, 0));
  const auto later = pattern(40, 2);
  REQUIRE(next.write(later.data(), 40, 9) == bulkhead_port_ok);
  REQUIRE(port.read() == bulkhead_port_ok);
  CHECK(port.message.current);
  CHECK_FALSE(port.message.restarted);
  CHECK(port.message.length == 40);
  SECTION("also when a former incarnation foresaw the number") {
    SamplingSender third;
    REQUIRE(third.open(port.sender_end, 2) == bulkhead_port_ok);
    REQUIRE(port.read() == bulkhead_port_ok);
    CHECK(port.message.restarted);
    CHECK_FALSE(port.message.current);
  }
  SECTION("but not when it is kept") {
    SamplingSender third;
    REQUIRE(third.open(port.sender_end, 2, true) == bulkhead_port_ok);
    REQUIRE(port.read() == bulkhead_port_ok);
    CHECK(port.message.current);
    CHECK_FALSE(port.message.restarted);
  }
}

TEST_CASE("sampling: a sender stopped at any store leaves the last whole message", "[LLR-1014]") {
  Sampling port{64};
  const auto whole = pattern(64, 1), torn = pattern(64, 2);
  REQUIRE(port.sender.write(whole.data(), 64, 1) == bulkhead_port_ok);
  const auto before = port.memory.snapshot();
  REQUIRE(port.sender.write(torn.data(), 64, 2) == bulkhead_port_ok);
  const auto after = port.memory.snapshot();
  // The second message's slot with any number of its words written, its own sequence last, `latest` never.
  const size_t slot = sizeof(bulkhead_sampling_header) + 2 * sampling_stride(64);
  for (size_t words = 0; words <= sampling_stride(64) / 8; ++words) {
    auto state = before;
    std::memset(state.data() + slot, 0, 8);
    std::copy_n(after.begin() + static_cast<long>(slot), words * 8, state.begin() + static_cast<long>(slot));
    port.memory.restore(state);
    REQUIRE(port.read() == bulkhead_port_ok);
    CHECK(std::equal(whole.begin(), whole.end(), port.buffer.begin()));
    SamplingSender next;
    REQUIRE(next.open(port.sender_end, 2) == bulkhead_port_ok);
    REQUIRE(next.write(torn.data(), 64, 3) == bulkhead_port_ok);
    REQUIRE(port.read() == bulkhead_port_ok);
    CHECK(std::equal(torn.begin(), torn.end(), port.buffer.begin()));
  }
}

TEST_CASE("sampling: a slot being overwritten gives busy after the stated attempts", "[LLR-1014]") {
  Sampling port{64};
  const auto sent = pattern(64, 1);
  REQUIRE(port.sender.write(sent.data(), 64, 1) == bulkhead_port_ok);
  port.memory.word(sizeof(bulkhead_sampling_header) + sampling_stride(64)) = 0;
  CHECK(port.read() == bulkhead_port_busy);
}

TEST_CASE("queue: in order, whole, bounded, and what does not fit is counted", "[LLR-1016][LLR-1017]") {
  Queue port{16, 5};
  CHECK(port.receive() == bulkhead_port_empty);
  uint64_t next_sent = 1, next_received = 1, lost = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < round % 8; ++i) {
      const auto status = port.send(next_sent);
      if (status == bulkhead_port_ok) {
        ++next_sent;
      } else {
        REQUIRE(status == bulkhead_port_full);
        REQUIRE(port.sender.in_use() == 5);
        ++lost;
      }
    }
    for (int i = 0; i < (round + 3) % 8; ++i) {
      const auto status = port.receive();
      lost -= port.message.lost;
      if (status == bulkhead_port_empty) {
        REQUIRE(next_received == next_sent);
        continue;
      }
      REQUIRE(status == bulkhead_port_ok);
      REQUIRE(port.value() == next_received);
      ++next_received;
    }
    REQUIRE(port.receiver.waiting() == next_sent - next_received);
  }
  CHECK(lost <= 7);
}

TEST_CASE("queue: message boundaries are kept", "[LLR-1017]") {
  Queue port{96, 7};
  for (unsigned length = 1; length <= 96; ++length) {
    const auto sent = pattern(length, length);
    REQUIRE(port.sender.send(sent.data(), length, length) == bulkhead_port_ok);
    REQUIRE(port.receive() == bulkhead_port_ok);
    REQUIRE(port.message.length == length);
    REQUIRE(port.message.stamp == length);
    REQUIRE(std::equal(sent.begin(), sent.end(), port.buffer.begin()));
  }
}

TEST_CASE("queue: what waits at the first start is delivered, at a receiver's restart it is dropped", "[LLR-1018]") {
  PortMemory memory{queue_bytes(8, 4)};
  const auto sender_end = memory.end(bulkhead_kind_queuing, true, 8, 4);
  const auto receiver_end = memory.end(bulkhead_kind_queuing, false, 8, 4);
  QueueSender sender;
  QueueReceiver receiver;
  bulkhead_message message{};
  uint64_t value = 7;
  REQUIRE(sender.open(sender_end, 1) == bulkhead_port_ok);
  REQUIRE(sender.send(&value, 8, 0) == bulkhead_port_ok);
  CHECK_FALSE(sender.receiver_restarted());
  REQUIRE(receiver.open(receiver_end, 1) == bulkhead_port_ok);
  CHECK(sender.receiver_restarted());
  value = 0;
  REQUIRE(receiver.receive(&value, 8, message) == bulkhead_port_ok);
  CHECK(value == 7);
  REQUIRE(sender.send(&value, 8, 0) == bulkhead_port_ok);
  QueueReceiver again;
  SECTION("restart") {
    REQUIRE(again.open(receiver_end, 2) == bulkhead_port_ok);
    CHECK(again.receive(&value, 8, message) == bulkhead_port_empty);
    CHECK(sender.receiver_restarted());
    CHECK(sender.in_use() == 0);
  }
  SECTION("kept") {
    REQUIRE(again.open(receiver_end, 1, true) == bulkhead_port_ok);
    CHECK(again.receive(&value, 8, message) == bulkhead_port_ok);
    CHECK_FALSE(sender.receiver_restarted());
  }
}

TEST_CASE("queue: a receiver that starts while the sender does never gives a slot back twice", "[LLR-1018]") {
  Queue port{8, 4};
  REQUIRE(port.send(1) == bulkhead_port_ok);
  REQUIRE(port.receive() == bulkhead_port_ok);
  REQUIRE(port.send(2) == bulkhead_port_ok);
  // Found by verify/model: the start sees generation 0, drops what waits, and then learns of the old `first`.
  const uint64_t generation = port.memory.word(offsetof(bulkhead_queue_header, generation));
  port.memory.word(offsetof(bulkhead_queue_header, generation)) = 0;
  QueueReceiver next;
  REQUIRE(next.open(port.receiver_end, 2) == bulkhead_port_ok);
  port.memory.word(offsetof(bulkhead_queue_header, generation)) = generation;
  CHECK(next.receive(port.buffer.data(), 8, port.message) == bulkhead_port_empty);
  CHECK(port.sender.in_use() == 0);
}

TEST_CASE("queue: a sender's restart drops what it sent before and is reported once", "[LLR-1018]") {
  Queue port{8, 4};
  REQUIRE(port.send(1) == bulkhead_port_ok);
  REQUIRE(port.receive() == bulkhead_port_ok);
  REQUIRE(port.send(2) == bulkhead_port_ok);
  QueueSender next;
  SECTION("restart") {
    REQUIRE(next.open(port.sender_end, 2) == bulkhead_port_ok);
    uint64_t value = 3;
    REQUIRE(next.send(&value, 8, 0) == bulkhead_port_ok);
    REQUIRE(port.receive() == bulkhead_port_ok);
    CHECK(port.value() == 3);
    CHECK(port.message.restarted);
    CHECK(port.receive() == bulkhead_port_empty);
    CHECK_FALSE(port.message.restarted);
  }
  SECTION("kept: nothing is lost") {
    REQUIRE(next.open(port.sender_end, 1, true) == bulkhead_port_ok);
    uint64_t value = 3;
    REQUIRE(next.send(&value, 8, 0) == bulkhead_port_ok);
    REQUIRE(port.receive() == bulkhead_port_ok);
    CHECK(port.value() == 2);
    REQUIRE(port.receive() == bulkhead_port_ok);
    CHECK(port.value() == 3);
  }
  SECTION("while the receiver is away") {
    REQUIRE(next.open(port.sender_end, 2) == bulkhead_port_ok);
    QueueReceiver kept;
    REQUIRE(kept.open(port.receiver_end, 1, true) == bulkhead_port_ok);
    CHECK(kept.receive(port.buffer.data(), 8, port.message) == bulkhead_port_empty);
  }
  SECTION("stopped in the middle of its start") {
    port.memory.word(offsetof(bulkhead_queue_header, generation)) = 0;
    CHECK(port.receive() == bulkhead_port_empty);
  }
}

TEST_CASE("queue: a sender that is just starting anew makes no losses out of nothing", "[LLR-1016][LLR-1018]") {
  PortMemory memory{queue_bytes(32, 2)};
  QueueSender sender;
  QueueReceiver receiver;
  bulkhead_message message{};
  uint64_t words[4]{};
  REQUIRE(sender.open(memory.end(bulkhead_kind_queuing, true, 32, 2), 1) == bulkhead_port_ok);
  REQUIRE(receiver.open(memory.end(bulkhead_kind_queuing, false, 32, 2), 1) == bulkhead_port_ok);
  for (int n = 0; n < 5; ++n) {
    (void)sender.send(words, sizeof(words), 1);
  }
  REQUIRE(receiver.receive(words, sizeof(words), message) == bulkhead_port_ok);
  CHECK(message.lost == 3);
  // Its counter is cleared before its new generation is seen.
  memory.word(offsetof(bulkhead_queue_header, overflows)) = 0;
  REQUIRE(receiver.receive(words, sizeof(words), message) == bulkhead_port_ok);
  CHECK(message.lost == 0);
  REQUIRE(sender.open(memory.end(bulkhead_kind_queuing, true, 32, 2), 2) == bulkhead_port_ok);
  for (int n = 0; n < 4; ++n) {
    (void)sender.send(words, sizeof(words), 1);
  }
  REQUIRE(receiver.receive(words, sizeof(words), message) == bulkhead_port_ok);
  CHECK((message.restarted && message.lost == 2));
}

TEST_CASE("queue: impossible positions do not become addresses, and the port recovers", "[LLR-1018]") {
  Queue port{8, 4};
  port.memory.word(offsetof(bulkhead_queue_header, tail)) = 0xFFFF'FFFF'0000'0000;
  CHECK(port.receive() == bulkhead_port_corrupt);
  CHECK(port.receive() == bulkhead_port_empty);
  port.memory.back_word(offsetof(bulkhead_queue_back, head)) = 77;
  CHECK(port.send(1) == bulkhead_port_corrupt);
  QueueSender next;
  REQUIRE(next.open(port.sender_end, 2) == bulkhead_port_ok);
  uint64_t value = 8;
  REQUIRE(next.send(&value, 8, 0) == bulkhead_port_ok);
  CHECK(port.receive() == bulkhead_port_corrupt);  // the receiver's own position is neither of the two
  value = 9;
  REQUIRE(next.send(&value, 8, 0) == bulkhead_port_ok);
  REQUIRE(port.receive() == bulkhead_port_ok);
  CHECK(port.value() == 9);
}

TEST_CASE("a length beyond the channel's is not believed", "[LLR-1014][LLR-1018]") {
  Sampling sampling{64};
  const auto sent = pattern(64, 1);
  REQUIRE(sampling.sender.write(sent.data(), 64, 1) == bulkhead_port_ok);
  const size_t slot = sizeof(bulkhead_sampling_header) + sampling_stride(64);
  for (const uint32_t length : {0U, 65U, 0x8000'0000U, 0xFFFF'FFFFU}) {
    sampling.memory.half(slot + offsetof(bulkhead_sampling_slot, length)) = length;
    CHECK(sampling.read() == bulkhead_port_corrupt);
    CHECK(sampling.message.length == 0);
    Queue queue{8, 4};
    REQUIRE(queue.send(1) == bulkhead_port_ok);
    REQUIRE(queue.send(2) == bulkhead_port_ok);
    queue.memory.half(sizeof(bulkhead_queue_header)) = length;
    CHECK(queue.receive() == bulkhead_port_corrupt);
    CHECK(queue.receive() == bulkhead_port_ok);
    CHECK(queue.value() == 2);
  }
}

TEST_CASE("a peer that writes anything anywhere brings no fault, no hang and no byte outside", "[LLR-1014][LLR-1018]") {
  std::mt19937_64 random{653};
  for (int round = 0; round < 300; ++round) {
    Sampling sampling{80};
    Queue queue{24, 3};
    for (int step = 0; step < 60; ++step) {
      sampling.memory.scribble(random);
      queue.memory.scribble(random);
      if (step % 7 == 0) {
        queue.memory.scribble_back(random);
      }
      const auto status = sampling.read();
      REQUIRE(status <= bulkhead_port_corrupt);
      REQUIRE(sampling.message.length <= 80);
      REQUIRE(queue.receive() <= bulkhead_port_corrupt);
      REQUIRE(queue.message.length <= 24);
      REQUIRE(queue.send(static_cast<uint64_t>(step)) <= bulkhead_port_corrupt);
      REQUIRE(queue.receiver.waiting() <= 3);
      REQUIRE(std::all_of(sampling.buffer.begin() + 80, sampling.buffer.end(), [](unsigned char byte) { return byte == 0xEE; }));
      REQUIRE(std::all_of(queue.buffer.begin() + 24, queue.buffer.end(), [](unsigned char byte) { return byte == 0xEE; }));
    }
    REQUIRE(sampling.memory.is_intact());
    REQUIRE(queue.memory.is_intact());
  }
}

TEST_CASE("the C interface is the same ports", "[LLR-1012]") {
  PortMemory memory{queue_bytes(16, 2)};
  const auto sender_end = memory.end(bulkhead_kind_queuing, true, 16, 2);
  const auto receiver_end = memory.end(bulkhead_kind_queuing, false, 16, 2);
  bulkhead_queue_sender sender{};
  bulkhead_queue_receiver receiver{};
  bulkhead_message message{};
  uint64_t words[2] = {1, 2};
  REQUIRE(bulkhead_queue_open_sender(&sender, &sender_end, 3, false) == bulkhead_port_ok);
  REQUIRE(bulkhead_queue_open_receiver(&receiver, &receiver_end, 3, false) == bulkhead_port_ok);
  REQUIRE(bulkhead_queue_receiver_restarted(&sender));
  for (int n = 0; n < 2; ++n) {
    REQUIRE(bulkhead_queue_send(&sender, words, 16, 4) == bulkhead_port_ok);
  }
  CHECK(bulkhead_queue_send(&sender, words, 16, 4) == bulkhead_port_full);
  CHECK(bulkhead_queue_in_use(&sender) == 2);
  CHECK(bulkhead_queue_waiting(&receiver) == 2);
  words[0] = words[1] = 0;
  REQUIRE(bulkhead_queue_receive(&receiver, words, 16, &message) == bulkhead_port_ok);
  CHECK((words[0] == 1 && words[1] == 2 && message.lost == 1));
  CHECK(bulkhead_message_is_valid(&message, 5, 1));
  bulkhead_queue_clear(&receiver);
  CHECK(bulkhead_queue_receive(&receiver, words, 16, &message) == bulkhead_port_empty);
  PortMemory area{sampling_bytes(16)};
  const auto from = area.end(bulkhead_kind_sampling, true, 16, 0);
  const auto to = area.end(bulkhead_kind_sampling, false, 16, 0);
  bulkhead_sampling_sender writer{};
  bulkhead_sampling_receiver reader{};
  REQUIRE(bulkhead_sampling_open_sender(&writer, &from, 1, false) == bulkhead_port_ok);
  REQUIRE(bulkhead_sampling_open_receiver(&reader, &to) == bulkhead_port_ok);
  REQUIRE(bulkhead_sampling_write(&writer, words, 9, 8) == bulkhead_port_ok);
  REQUIRE(bulkhead_sampling_read(&reader, words, 16, &message) == bulkhead_port_ok);
  CHECK(message.length == 9);
}

TEST_CASE("sampling: numbers go on past the last one, which a former incarnation may have left", "[LLR-1013]") {
  Sampling port{64};
  port.memory.word(offsetof(bulkhead_sampling_header, latest)) = ~uint64_t{0};
  SamplingSender next;
  REQUIRE(next.open(port.sender_end, 2) == bulkhead_port_ok);
  for (unsigned n = 1; n <= 3; ++n) {
    const auto sent = pattern(64, n);
    REQUIRE(next.write(sent.data(), 64, n) == bulkhead_port_ok);
    REQUIRE(port.read() == bulkhead_port_ok);
    CHECK(std::equal(sent.begin(), sent.end(), port.buffer.begin()));
  }
}
