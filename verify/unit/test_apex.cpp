// SPDX-License-Identifier: Apache-2.0
// APEX services over ports whose two ends are both this program's, and over a kernel that the test plays.
#include <catch2/catch.hpp>

#include <cstring>
#include <memory>

#include "apex.h"
#include "bulkhead.h"
#include "bulkhead_partition.h"
#include "port_memory.hpp"

bulkhead_channel bulkhead_channels[4];

namespace {

struct Kernel {
  uint64_t mode = bulkhead_state_cold_start, reason = 0, restarts = 0;
  uint64_t time = 1000, step = 0, frequency = 1'000'000;
  uint64_t raised = 0, rung = ~uint64_t{0};
  int64_t answer = bulkhead_ok;
  int controlled = -1;
  uint64_t current = 1, next = 1, wanted = 99;
  bool has_period = false;
  int waits = 0;
  void (*on_pause)() = nullptr;
} kernel;

}  // namespace

extern "C" {
bulkhead_result bulkhead_partition_status(uint64_t) { return {bulkhead_ok, kernel.mode, kernel.reason, kernel.restarts}; }
uint64_t bulkhead_incarnation() { return kernel.restarts + 1; }
uint64_t bulkhead_time() { return kernel.time += kernel.step; }
uint64_t bulkhead_ticks_per_second() { return kernel.frequency; }
void bulkhead_pause() {
  ++kernel.waits;
  if (kernel.on_pause != nullptr) {
    kernel.on_pause();
  }
}
int64_t bulkhead_window_wait() { return bulkhead_not_supported; }
int64_t bulkhead_notify(uint64_t slot) { kernel.rung = slot; return bulkhead_ok; }
int64_t bulkhead_ready() { kernel.mode = bulkhead_state_normal; return bulkhead_ok; }
int64_t bulkhead_raise(uint64_t code) { kernel.raised = code; return kernel.answer; }
int64_t bulkhead_control(uint64_t, bulkhead_control_action action) { kernel.controlled = action; return kernel.answer; }
int64_t bulkhead_set_schedule(uint64_t schedule) { kernel.wanted = schedule; return kernel.answer; }
bulkhead_result bulkhead_get_schedule() { return {kernel.answer, kernel.current, kernel.next, 2'500'000}; }
bool bulkhead_period_is_running() { return kernel.has_period; }
uint64_t bulkhead_period_wait() { return ++kernel.waits; }
}

namespace {

APEX_BYTE text[64];
MESSAGE_SIZE_TYPE length = 0;
RETURN_CODE_TYPE code = NO_ERROR;
APEX_INTEGER id = 0;
VALIDITY_TYPE validity = VALID;

/// Channels: the sending and the receiving end of a sample and of a queue.
struct Apex {
  Apex() {
    kernel = Kernel{};
    const char* const names[] = {"speed", "speed-in", "orders", "orders-in"};
    for (int i = 0; i < 4; ++i) {
      bulkhead_channels[i] = i < 2 ? samples.end(bulkhead_kind_sampling, i == 0, 32, 0) : queue.end(bulkhead_kind_queuing, i == 2, 32, 4);
      bulkhead_channels[i].name = names[i];
      bulkhead_channels[i].slot = static_cast<uint32_t>(i);
    }
    bulkhead_channels[2].irq = 40;
  }
  PortMemory samples{bulkhead::port::sampling_bytes(32)};
  PortMemory queue{bulkhead::port::queue_bytes(32, 4)};
};

}  // namespace

// One case: ports, once created, stay for the life of the partition, which here is the program's.
TEST_CASE("APEX ports", "[LLR-1020][LLR-1021]") {
  static Apex apex;
  PortMemory& queue = apex.queue;
  CREATE_SAMPLING_PORT("nothing", 32, SOURCE, 1000, &id, &code);
  CHECK(code == INVALID_CONFIG);
  CREATE_SAMPLING_PORT("speed", 31, SOURCE, 1000, &id, &code);
  CHECK(code == INVALID_CONFIG);
  CREATE_SAMPLING_PORT("speed", 32, DESTINATION, 1000, &id, &code);
  CHECK(code == INVALID_CONFIG);
  CREATE_SAMPLING_PORT("speed", 32, SOURCE, 0, &id, &code);
  CHECK(code == INVALID_CONFIG);
  CREATE_SAMPLING_PORT("orders", 32, SOURCE, 1000, &id, &code);
  CHECK(code == INVALID_CONFIG);
  for (const MESSAGE_SIZE_TYPE size : {0, -32}) {
    CREATE_SAMPLING_PORT("speed", size, SOURCE, 1000, &id, &code);
    CHECK(code == INVALID_CONFIG);
  }
  CREATE_SAMPLING_PORT("speed", 32, SOURCE, INFINITE_TIME_VALUE, &id, &code);
  CHECK(code == INVALID_CONFIG);
  char endless[MAX_NAME_LENGTH];  // a NAME_TYPE that is full has no end
  std::memset(endless, 's', sizeof(endless));
  CREATE_SAMPLING_PORT(endless, 32, SOURCE, 1000, &id, &code);
  CHECK(code == INVALID_CONFIG);
  kernel.mode = bulkhead_state_normal;
  CREATE_SAMPLING_PORT("speed", 32, SOURCE, 1000, &id, &code);
  CHECK(code == INVALID_MODE);
  CREATE_SAMPLING_PORT("speed", 32, SOURCE, 0, &id, &code);
  CHECK(code == INVALID_CONFIG);  // before the mode is asked for
  kernel.mode = bulkhead_state_warm_start;  // as good as a cold one
  GET_SAMPLING_PORT_ID("speed", &id, &code);
  CHECK(code == INVALID_CONFIG);
  WRITE_SAMPLING_MESSAGE(1, text, 4, &code);
  CHECK(code == INVALID_PARAM);

  CREATE_SAMPLING_PORT("speed", 32, SOURCE, 20'000'000, &id, &code);
  REQUIRE(code == NO_ERROR);
  const auto out = id;
  CREATE_SAMPLING_PORT("speed", 32, SOURCE, 20'000'000, &id, &code);
  CHECK(code == NO_ACTION);
  CREATE_SAMPLING_PORT("speed", 0, DESTINATION, 0, &id, &code);
  CHECK(code == NO_ACTION);  // before anything else is looked at
  CREATE_SAMPLING_PORT("speed-in", 32, DESTINATION, 20'000'000, &id, &code);
  REQUIRE(code == NO_ERROR);
  const auto in = id;
  READ_SAMPLING_MESSAGE(in, text, &length, &validity, &code);
  CHECK((code == NO_ACTION && length == 0 && validity == INVALID));
  std::memcpy(text, "hello", 5);
  WRITE_SAMPLING_MESSAGE(out, text, 5, &code);
  CHECK(code == NO_ERROR);
  WRITE_SAMPLING_MESSAGE(out, text, 33, &code);
  CHECK(code == INVALID_CONFIG);
  WRITE_SAMPLING_MESSAGE(out, text, 0, &code);
  CHECK(code == INVALID_PARAM);
  WRITE_SAMPLING_MESSAGE(out, text, -1, &code);
  CHECK(code == INVALID_PARAM);
  WRITE_SAMPLING_MESSAGE(in, text, 5, &code);
  CHECK(code == INVALID_MODE);
  WRITE_SAMPLING_MESSAGE(in, text, 33, &code);
  CHECK(code == INVALID_CONFIG);  // the length first
  WRITE_SAMPLING_MESSAGE(0, text, 5, &code);
  CHECK(code == INVALID_PARAM);
  READ_SAMPLING_MESSAGE(out, text, &length, &validity, &code);
  CHECK(code == INVALID_MODE);
  READ_SAMPLING_MESSAGE(9, text, &length, &validity, &code);
  CHECK(code == INVALID_PARAM);
  std::memset(text, 0, sizeof(text));
  kernel.time += 20'000;  // ticks of a microsecond: just the refresh period
  READ_SAMPLING_MESSAGE(in, text, &length, &validity, &code);
  CHECK((code == NO_ERROR && length == 5 && validity == VALID && std::memcmp(text, "hello", 5) == 0));
  kernel.time += 1;
  READ_SAMPLING_MESSAGE(in, text, &length, &validity, &code);
  CHECK((code == NO_ERROR && length == 5 && validity == INVALID));
  SAMPLING_PORT_STATUS_TYPE sampling{};
  GET_SAMPLING_PORT_STATUS(in, &sampling, &code);
  CHECK((code == NO_ERROR && sampling.REFRESH_PERIOD == 20'000'000 && sampling.MAX_MESSAGE_SIZE == 32));
  CHECK((sampling.PORT_DIRECTION == DESTINATION && sampling.LAST_MSG_VALIDITY == INVALID));
  GET_SAMPLING_PORT_ID("speed-in", &id, &code);
  CHECK((code == NO_ERROR && id == in));
  GET_SAMPLING_PORT_STATUS(-1, &sampling, &code);
  CHECK(code == INVALID_PARAM);
  WRITE_SAMPLING_MESSAGE(out, text, 5, &code);
  READ_SAMPLING_MESSAGE(in, text, &length, &validity, &code);
  CHECK((code == NO_ERROR && validity == VALID));
  GET_SAMPLING_PORT_STATUS(in, &sampling, &code);
  CHECK(sampling.LAST_MSG_VALIDITY == VALID);
  GET_SAMPLING_PORT_STATUS(out, &sampling, &code);
  CHECK((code == NO_ERROR && sampling.PORT_DIRECTION == SOURCE));
  GET_SAMPLING_PORT_ID("orders", &id, &code);
  CHECK(code == INVALID_CONFIG);

  struct Wrong {
    const char* name;
    MESSAGE_SIZE_TYPE size;
    MESSAGE_RANGE_TYPE depth;
    PORT_DIRECTION_TYPE direction;
  };
  for (const Wrong& wrong : {Wrong{"speed", 32, 4, SOURCE}, Wrong{"orders", 31, 4, SOURCE}, Wrong{"orders", 0, 4, SOURCE},
                             Wrong{"orders", 32, 5, SOURCE}, Wrong{"orders", 32, 0, SOURCE}, Wrong{"orders", 32, -4, SOURCE},
                             Wrong{"orders", 32, 4, DESTINATION}}) {
    CREATE_QUEUING_PORT(wrong.name, wrong.size, wrong.depth, wrong.direction, FIFO, &id, &code);
    CHECK(code == INVALID_CONFIG);
  }
  kernel.mode = bulkhead_state_normal;
  CREATE_QUEUING_PORT("orders", 32, 4, SOURCE, FIFO, &id, &code);
  CHECK(code == INVALID_MODE);
  CREATE_QUEUING_PORT("orders", 32, 5, SOURCE, FIFO, &id, &code);
  CHECK(code == INVALID_CONFIG);
  kernel.mode = bulkhead_state_cold_start;
  GET_QUEUING_PORT_ID("orders", &id, &code);
  CHECK(code == INVALID_CONFIG);
  QUEUING_PORT_STATUS_TYPE status{};
  GET_QUEUING_PORT_STATUS(3, &status, &code);
  CHECK(code == INVALID_PARAM);
  CLEAR_QUEUING_PORT(4, &code);
  CHECK(code == INVALID_PARAM);
  CREATE_QUEUING_PORT("orders", 32, 4, SOURCE, FIFO, &id, &code);
  REQUIRE(code == NO_ERROR);
  const auto sender = id;
  CREATE_QUEUING_PORT("orders", 32, 4, SOURCE, FIFO, &id, &code);
  CHECK(code == NO_ACTION);
  CREATE_QUEUING_PORT("orders-in", 32, 4, DESTINATION, PRIORITY, &id, &code);
  REQUIRE(code == NO_ERROR);
  const auto receiver = id;
  RECEIVE_QUEUING_MESSAGE(receiver, 0, text, &length, &code);
  CHECK((code == NOT_AVAILABLE && length == 0));
  kernel.step = 1;
  RECEIVE_QUEUING_MESSAGE(receiver, 50'000, text, &length, &code);
  CHECK((code == TIMED_OUT && kernel.waits > 0));
  RECEIVE_QUEUING_MESSAGE(receiver, -2, text, &length, &code);
  CHECK(code == INVALID_PARAM);
  RECEIVE_QUEUING_MESSAGE(sender, 0, text, &length, &code);
  CHECK(code == INVALID_MODE);
  SEND_QUEUING_MESSAGE(receiver, text, 4, 0, &code);
  CHECK(code == INVALID_MODE);
  SEND_QUEUING_MESSAGE(sender, text, 33, 0, &code);
  CHECK(code == INVALID_CONFIG);
  SEND_QUEUING_MESSAGE(receiver, text, 33, 0, &code);
  CHECK(code == INVALID_CONFIG);
  for (const MESSAGE_SIZE_TYPE none : {0, -1}) {
    SEND_QUEUING_MESSAGE(sender, text, none, 0, &code);
    CHECK(code == INVALID_PARAM);
  }
  SEND_QUEUING_MESSAGE(sender, text, 4, -2, &code);
  CHECK(code == INVALID_PARAM);
  SEND_QUEUING_MESSAGE(out, text, 4, 0, &code);
  CHECK(code == INVALID_PARAM);  // a sampling port
  RECEIVE_QUEUING_MESSAGE(99, 0, text, &length, &code);
  CHECK(code == INVALID_PARAM);
  for (APEX_BYTE n = 0; n < 4; ++n) {
    text[0] = n;
    SEND_QUEUING_MESSAGE(sender, text, 1, 0, &code);
    REQUIRE((code == NO_ERROR && kernel.rung == 2));
  }
  SEND_QUEUING_MESSAGE(sender, text, 1, 0, &code);
  CHECK(code == NOT_AVAILABLE);
  GET_QUEUING_PORT_STATUS(receiver, &status, &code);
  CHECK((code == NO_ERROR && status.NB_MESSAGE == 4 && status.MAX_NB_MESSAGE == 4 && status.WAITING_PROCESSES == 0));
  RECEIVE_QUEUING_MESSAGE(receiver, 0, text, &length, &code);
  CHECK((code == INVALID_CONFIG && length == 1 && text[0] == 0));  // delivered, and one was lost
  RECEIVE_QUEUING_MESSAGE(receiver, INFINITE_TIME_VALUE, text, &length, &code);
  CHECK((code == NO_ERROR && length == 1 && text[0] == 1));
  // However long a sender waits in vain, one message is lost; one that finds room in the end is none.
  for (int n = 0; n < 2; ++n) {
    SEND_QUEUING_MESSAGE(sender, text, 1, 0, &code);
    REQUIRE(code == NO_ERROR);
  }
  kernel.rung = ~uint64_t{0};
  SEND_QUEUING_MESSAGE(sender, text, 1, 50'000, &code);
  CHECK((code == TIMED_OUT && kernel.rung == ~uint64_t{0} && queue.word(offsetof(bulkhead_queue_header, overflows)) == 2));
  kernel.on_pause = [] {
    kernel.on_pause = nullptr;
    MESSAGE_SIZE_TYPE taken = 0;
    RETURN_CODE_TYPE result = NO_ERROR;
    RECEIVE_QUEUING_MESSAGE(4, 0, text, &taken, &result);
    CHECK((result == INVALID_CONFIG && taken == 1));  // tells of the one that timed out
  };
  SEND_QUEUING_MESSAGE(sender, text, 1, INFINITE_TIME_VALUE, &code);
  CHECK((code == NO_ERROR && kernel.rung == 2));
  for (int n = 0; n < 4; ++n) {
    RECEIVE_QUEUING_MESSAGE(receiver, 0, text, &length, &code);
    CHECK((code == NO_ERROR && length == 1));
  }
  // A length that no correct sender writes: the message is dropped as lost, and the next one tells so.
  SEND_QUEUING_MESSAGE(sender, text, 1, 0, &code);
  SEND_QUEUING_MESSAGE(sender, text, 1, 0, &code);
  const uint64_t place = bulkhead::port::queue_offset(32, 4, queue.back_word(offsetof(bulkhead_queue_back, head)));
  queue.half(place) = 33;
  RECEIVE_QUEUING_MESSAGE(receiver, 0, text, &length, &code);
  CHECK((code == NOT_AVAILABLE && length == 0));
  RECEIVE_QUEUING_MESSAGE(receiver, 0, text, &length, &code);
  CHECK((code == INVALID_CONFIG && length == 1));
  // A receiver's position that is impossible: nobody takes what is sent until it starts anew.
  const uint64_t head = queue.back_word(offsetof(bulkhead_queue_back, head));
  queue.back_word(offsetof(bulkhead_queue_back, head)) = head + 7;
  SEND_QUEUING_MESSAGE(sender, text, 1, 50'000, &code);
  CHECK(code == TIMED_OUT);
  GET_QUEUING_PORT_STATUS(sender, &status, &code);
  CHECK((code == NO_ERROR && status.NB_MESSAGE == 4 && status.PORT_DIRECTION == SOURCE));
  queue.back_word(offsetof(bulkhead_queue_back, head)) = head;
  SEND_QUEUING_MESSAGE(sender, text, 1, 0, &code);
  CHECK(code == NO_ERROR);
  CLEAR_QUEUING_PORT(sender, &code);
  CHECK(code == INVALID_MODE);
  CLEAR_QUEUING_PORT(receiver, &code);
  CHECK(code == NO_ERROR);
  RECEIVE_QUEUING_MESSAGE(receiver, 0, text, &length, &code);
  CHECK(code == NOT_AVAILABLE);
  GET_QUEUING_PORT_ID("orders", &id, &code);
  CHECK((code == NO_ERROR && id == sender));
}

TEST_CASE("APEX partition, time and error services", "[LLR-1022]") {
  kernel = Kernel{};
  PARTITION_STATUS_TYPE status{};
  kernel.reason = 3;
  GET_PARTITION_STATUS(&status, &code);
  CHECK((code == NO_ERROR && status.IDENTIFIER == 3 && status.OPERATING_MODE == COLD_START && status.START_CONDITION == HM_PARTITION_RESTART));
  SET_PARTITION_MODE(WARM_START, &code);
  CHECK(code == INVALID_MODE);
  SET_PARTITION_MODE(NORMAL, &code);
  CHECK((code == NO_ERROR && kernel.mode == bulkhead_state_normal));
  SET_PARTITION_MODE(NORMAL, &code);
  CHECK(code == NO_ACTION);
  SET_PARTITION_MODE(WARM_START, &code);
  CHECK((code == NO_ERROR && kernel.controlled == bulkhead_control_warm_restart));
  SET_PARTITION_MODE(COLD_START, &code);
  CHECK(kernel.controlled == bulkhead_control_cold_restart);
  SET_PARTITION_MODE(IDLE, &code);
  CHECK(kernel.controlled == bulkhead_control_halt);
  SET_PARTITION_MODE(static_cast<OPERATING_MODE_TYPE>(3 + 4), &code);
  CHECK(code == INVALID_PARAM);

  SYSTEM_TIME_TYPE time = 0;
  kernel.frequency = 62'500'000;
  kernel.time = uint64_t{62'500'000} * 86'400 * 365;  // a year of ticks: no product overflows
  GET_TIME(&time, &code);
  CHECK((code == NO_ERROR && time == int64_t{1'000'000'000} * 86'400 * 365));
  kernel.step = 1'000;
  TIMED_WAIT(1'000'000, &code);
  CHECK((code == NO_ERROR && kernel.waits >= 60));
  TIMED_WAIT(INFINITE_TIME_VALUE, &code);
  CHECK(code == INVALID_PARAM);
  PERIODIC_WAIT(&code);
  CHECK(code == INVALID_MODE);
  kernel.has_period = true;
  PERIODIC_WAIT(&code);
  CHECK(code == NO_ERROR);

  APEX_BYTE message[] = {1, 2};
  RAISE_APPLICATION_ERROR(APPLICATION_ERROR, message, 2, &code);
  CHECK((code == NO_ERROR && kernel.raised == 0x201));
  RAISE_APPLICATION_ERROR(DEADLINE_MISSED, message, 2, &code);
  CHECK(code == INVALID_PARAM);
  RAISE_APPLICATION_ERROR(APPLICATION_ERROR, message, 129, &code);
  CHECK(code == INVALID_PARAM);
}

TEST_CASE("APEX module schedules", "[LLR-1022]") {
  kernel = Kernel{};
  SCHEDULE_STATUS_TYPE status{};
  GET_MODULE_SCHEDULE_STATUS(&status, &code);
  CHECK((code == NO_ERROR && status.CURRENT_SCHEDULE == 1 && status.TIME_OF_LAST_SCHEDULE_SWITCH == 2'500'000'000));
  SET_MODULE_SCHEDULE(1, &code);
  CHECK((code == NO_ACTION && kernel.wanted == 99));
  SET_MODULE_SCHEDULE(0, &code);
  CHECK((code == NO_ERROR && kernel.wanted == 0));
  SET_MODULE_SCHEDULE(-1, &code);
  CHECK(code == INVALID_PARAM);
  kernel.answer = bulkhead_invalid;
  SET_MODULE_SCHEDULE(7, &code);
  CHECK(code == INVALID_PARAM);
  kernel.answer = bulkhead_denied;
  SET_MODULE_SCHEDULE(0, &code);
  CHECK(code == INVALID_CONFIG);
}
