// SPDX-License-Identifier: Apache-2.0
// The console of the board, driven by the supervisor core alone: takes bytes from the partitions' rings and notices from
// the cores, writes lines with their owner's name in front, gives the keyboard to the focused partition. Bounded work an
// interrupt; transmit interrupts do the rest.
#ifndef BULKHEAD_KERNEL_MAIN_CONSOLE_MUX_HPP_
#define BULKHEAD_KERNEL_MAIN_CONSOLE_MUX_HPP_

#include "base/text.hpp"
#include "base/version.hpp"
#include "main/notice_text.hpp"
#include "partition/console_ring.hpp"
#include "partition/event_log.hpp"
#include "partition/notice.hpp"
#include "vdev/vpl011.hpp"

namespace bulkhead {

/// State of the multiplexer, in the kernel's .bss; supervisor core only but for `idle`.
struct ConsoleMuxState {
  TextBuffer<288> stage;    ///< prefixes and kernel lines on their way out
  u64 broken;               ///< bit n: the line of the partition in row n was broken off
  u32 open;                 ///< row of the partition whose line is open, or kNoPartition
  u32 held_return;          ///< 1: a carriage return of the open line waits for what follows it
  u32 focus;                ///< row of the partition that gets the keyboard, or kNoPartition
  u32 escape;               ///< 1: Ctrl-] was typed
  u32 status_next;          ///< next row of a status listing, or kNoPartition
  u32 log_of;               ///< row of the partition whose log is being listed
  u32 log_left;             ///< records of it that are still to come
  u32 scan;                 ///< where the search for the next talker goes on
  u32 idle;                 ///< 1: nothing to send; producers ring only then
};

template <class F>
class ConsoleMux {
  using Uart = typename F::Uart;
  using Io = typename F::Io;
  using Text = NoticeText<F>;

 public:
  static void initialise(ConsoleMuxState& state, const ConfigHeader& config) {
    state.open = kNoPartition;
    state.status_next = kNoPartition;
    state.focus = config.input_partition;
    state.idle = 1;
    Uart::initialise(config.uart_baud, config.uart_clock_hz);
  }

  // implements: LLR-205, LLR-206, LLR-223
  /// Sends what there is, at most `kBudget` bytes. Returns true when the caller must come again by itself (budget used
  /// up); a full FIFO comes again by the transmit interrupt. `on_room(p)` is told of rings that have room again.
  template <class OnRoom>
  [[gnu::cold]] static bool pump(ConsoleMuxState& state, const ConfigHeader& config, OnRoom on_room) {
    store_relaxed(&state.idle, u32{0});
    for (u32 sent = 0; sent < kBudget; ++sent) {
      if (!Uart::can_send()) {
        Uart::set_transmit_interrupt(true);
        return false;
      }
      int byte = next_byte(state, config, on_room);
      if (byte < 0) {
        // Producers that find `idle` set ring; one that filled a slot before it was set is seen by this second look.
        store_relaxed(&state.idle, u32{1});
        Io::dmb_ish();
        byte = next_byte(state, config, on_room);
        if (byte < 0) {
          Uart::set_transmit_interrupt(false);
          return false;
        }
        store_relaxed(&state.idle, u32{0});
      }
      Uart::send(static_cast<u8>(byte));
    }
    return true;
  }

  // implements: LLR-207
  /// Takes typed bytes from the UART, at most `kBudget`. Calls `on_input(partition)` once a byte went to a partition.
  /// Returns true when the caller must come again by itself: no interrupt is due for bytes that were there already.
  template <class OnInput>
  [[gnu::cold]] static bool take_input(ConsoleMuxState& state, const ConfigHeader& config, OnInput on_input) {
    u32 told = kNoPartition;
    for (u32 count = 0; count < kBudget && Uart::can_receive(); ++count) {
      const u8 byte = Uart::receive();
      if (state.escape != 0) {
        state.escape = 0;
        const u32 row = row_named(config, byte);
        if (row != kNoRow) {
          state.focus = row;
          continue;
        }
        if (byte == 's') {
          state.status_next = 0;
          continue;
        }
        if (byte != kEscape) {
          continue;
        }
      } else if (byte == kEscape) {
        state.escape = 1;
        continue;
      }
      if (state.focus < config.partition_count && config.partitions[state.focus].console != nullptr &&
          ConsoleRing::offer(*config.partitions[state.focus].console, byte)) {
        told = state.focus;
      }
    }
    if (told != kNoPartition) {
      on_input(config.partitions[told]);
    }
    return Uart::can_receive();
  }

  static constexpr u32 kBudget = 64;    ///< the deeper of the two FIFOs
  static constexpr u8 kEscape = 0x1D;   ///< Ctrl-]
  static constexpr u8 kFirstIdByte = 0x80;  ///< after Ctrl-]: partition 0

 private:
  /// Of the partition that a byte behind Ctrl-] names, or kNoRow: a digit is what people type, programs name any id.
  static u32 row_named(const ConfigHeader& config, u8 byte) {
    if (byte >= '0' && byte <= '9') {
      return config.row_of_id[byte - '0'];
    }
    return byte >= kFirstIdByte && byte < kFirstIdByte + kMaxPartitions ? config.row_of_id[byte - kFirstIdByte] : kNoRow;
  }

  template <class OnRoom>
  [[gnu::cold, gnu::noinline]] static int next_byte(ConsoleMuxState& state, const ConfigHeader& config, OnRoom on_room) {
    for (u32 tries = 0; tries < kMaxPartitions + kMaxCores; ++tries) {
      if (!state.stage.empty()) {
        const u8 byte = state.stage.bytes[state.stage.taken];
        ++state.stage.taken;
        return byte;
      }
      state.stage.clear();
      if (state.open != kNoPartition) {
        const int byte = continue_line(state, config.partitions[state.open], on_room);
        if (byte >= 0) {
          return byte;
        }
      }
      if (!stage_log(state, config) && !stage_notice(state, config) && !stage_status(state, config) && !open_line(state, config)) {
        return -1;
      }
    }
    return -1;
  }

  /// Next byte of the open line; CR LF, LF CR and LF all end a line as CR LF.
  template <class OnRoom>
  [[gnu::cold, gnu::noinline]] static int continue_line(ConsoleMuxState& state, const PartitionConfig& partition, OnRoom on_room) {
    ConsoleRings& rings = *partition.console;
    for (u32 tries = 0; tries < kBudget; ++tries) {
      const int byte = ConsoleRing::next(rings);
      if (byte < 0) {
        return -1;
      }
      if (state.held_return != 0 && byte != '\n' && byte != '\r') {
        state.held_return = 0;
        return '\r';
      }
      ConsoleRing::pop(rings);
      Io::dmb_ish();  // against the barrier of `console_written`: the producer sees this room, or its bytes are seen here
      if (ConsoleRing::room(rings) == Vpl011::kRoom) {
        on_room(partition);
      }
      if (byte == '\r') {
        state.held_return = 1;
        continue;
      }
      state.held_return = 0;
      if (byte == '\n') {
        state.open = kNoPartition;
        state.stage.put('\n');
        return '\r';
      }
      return byte;
    }
    return -1;
  }

  /// Starts the line of the next partition that has something to say, breaking off an open one.
  [[gnu::cold, gnu::noinline]] static bool open_line(ConsoleMuxState& state, const ConfigHeader& config) {
    for (u32 i = 0; i < config.partition_count; ++i) {
      state.scan = state.scan + 1 < config.partition_count ? state.scan + 1 : 0;
      const PartitionConfig& partition = config.partitions[state.scan];
      if (partition.console == nullptr || state.scan == state.open || ConsoleRing::next(*partition.console) < 0) {
        continue;
      }
      break_off(state);
      const u64 bit = u64{1} << state.scan;
      state.stage.put('[');
      state.stage.put(partition.name);
      state.stage.put((state.broken & bit) != 0 ? "]+ " : "] ");
      state.broken &= ~bit;
      state.open = state.scan;
      const u32 lost = load_relaxed(&partition.console->lost);
      if (lost != partition.console->lost_reported) {
        state.stage.put("(");
        state.stage.put_decimal(lost - partition.console->lost_reported);
        state.stage.put(" bytes lost) ");
        partition.console->lost_reported = lost;
      }
      return true;
    }
    return false;
  }
  [[gnu::cold, gnu::noinline]] static void break_off(ConsoleMuxState& state) {
    if (state.open != kNoPartition) {
      state.broken |= u64{1} << state.open;
      state.open = kNoPartition;
      state.held_return = 0;
      state.stage.put("\r\r\n");  // two returns: no line of a partition ends so, and a reader knows that this one goes on
    }
  }

  [[gnu::cold, gnu::noinline]] static bool stage_notice(ConsoleMuxState& state, const ConfigHeader& config) {
    for (u32 i = 0; i < config.core_count; ++i) {
      if (config.cores[i].used == 0) {
        continue;
      }
      Core& core = *config.cores[i].core;
      const Notice* const notice = NoticeRing::peek(core);
      if (notice == nullptr) {
        continue;
      }
      if (notice->kind == NoticeKind::kHalted && config.partitions[notice->partition].console != nullptr &&
          ConsoleRing::next(*config.partitions[notice->partition].console) >= 0) {
        continue;  // its last words first
      }
      break_off(state);
      Text::write(state.stage, config, *notice);
      if (notice->kind == NoticeKind::kHalted) {
        state.log_of = notice->partition;
        state.log_left = kLogRecords;  // of those that there are
      }
      NoticeRing::pop(core);
      return true;
    }
    return false;
  }
  // implements: LLR-1105
  /// The log of a partition that has halted, oldest record first.
  [[gnu::cold, gnu::noinline]] static bool stage_log(ConsoleMuxState& state, const ConfigHeader& config) {
    if (state.log_left == 0) {
      return false;
    }
    --state.log_left;
    const PartitionConfig& partition = config.partitions[state.log_of];
    const LogRecord* const record = EventLog::newest(*partition.state, state.log_left);
    if (record != nullptr) {
      break_off(state);
      Text::write_record(state.stage, partition, *record);
    }
    return true;
  }
  [[gnu::cold]] static bool stage_status(ConsoleMuxState& state, const ConfigHeader& config) {
    if (state.status_next >= config.partition_count) {
      state.status_next = kNoPartition;
      return false;
    }
    break_off(state);
    Text::write_status(state.stage, config.partitions[state.status_next]);
    ++state.status_next;
    return true;
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_CONSOLE_MUX_HPP_
