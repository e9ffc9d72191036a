// SPDX-License-Identifier: Apache-2.0
// A model of the machine behind the kernel's `Io`: system registers, a GIC, the firmware. It models only what the
// architecture promises; a register that the kernel should not touch stops the test.
#ifndef BULKHEAD_VERIFY_UNIT_FAKE_MACHINE_HPP_
#define BULKHEAD_VERIFY_UNIT_FAKE_MACHINE_HPP_

#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arch/aarch64/registers.hpp"
#include "arch/aarch64/registers_gicv3.hpp"
#include "arch/aarch64/registers_pmu.hpp"

namespace fake {

using bulkhead::u16;
using bulkhead::u32;
using bulkhead::u64;
using bulkhead::u8;

/// The board's watchdog as its manual has it: registers take a write only with their key.
struct SystemWatchdog {
  bool absent{true};         ///< an emulator's hole: reads 0, takes nothing
  u32 mode{0x1C0};
  u32 control{0x3FFC};
  u32 restarts{0};
  u32 refused{0};            ///< writes without their key, or to CONTROL while it runs

  u32 read(u64 offset) const { return absent ? 0 : offset == 0 ? mode : offset == 4 ? control : 0; }
  void write(u64 offset, u32 value) {
    if (absent) {
      return;
    }
    if (offset == 0 && (value >> 12) == 0xABC) {
      mode = value & 0x1FF;
    } else if (offset == 4 && (value >> 14) == 0x248 && (mode & 1) == 0) {
      control = value & 0x3FFF;
    } else if (offset == 8 && value == 0x1999) {
      ++restarts;
    } else {
      ++refused;
    }
  }
};

/// The kernel went to sleep: nothing more happens on this core until an interrupt.
struct Slept {};

// Addresses of the model; features.hpp gives them to the drivers.
inline constexpr u64 kDistributor = 0x101E'0000;   // where the fixed map of a kernel begins
// GICv2: the frames follow one another, as in the kernel's fixed map (a GICv3's distributor has nothing there).
inline constexpr u64 kCpuInterface = 0x101E'1000;
inline constexpr u64 kCpuInterfaceDir = 0x101E'2000;
inline constexpr u64 kVirtualControl = 0x101E'3000;
inline constexpr u64 kResets = 0x2100'0000;
inline constexpr u64 kBoardWatchdog = 0x2000'0000;
inline constexpr u64 kRedistributor = 0x4000'0000;
inline constexpr u32 kCores = 4;
inline constexpr u32 kIrqWords = 4;
inline constexpr u32 kListRegisters = 4;

struct FirmwareCall {
  u64 function;
  u64 a1;
  u64 a2;
};

struct Machine {
  u32 core{0};                                   ///< the core whose code is running
  std::map<std::string, u64> registers{};        ///< system registers by encoding
  u32 banked_enabled[kCores]{};                  ///< word 0 of each core
  u32 banked_pending[kCores]{};
  u32 banked_active[kCores]{};
  u32 enabled[kIrqWords]{};
  u32 pending[kIrqWords]{};
  u32 active[kIrqWords]{};
  u64 look{1000};  ///< ticks of a look at the counter
  std::vector<u64> reset_times;  ///< counter values of the writes to reset lines
  u8 priority[kIrqWords * 32]{};                 ///< from 32 on
  u8 banked_priority[kCores][32]{};
  u64 target[kIrqWords * 32]{};
  u32 config[kIrqWords * 2]{};
  u32 distributor_control{0};
  u32 architecture{0};                           ///< what the distributor says it is: GICv2, GICv3
  std::deque<u32> acknowledge{};                 ///< what the CPU interface will hand out
  std::vector<u32> dropped{};
  std::vector<u32> deactivated{};
  std::vector<std::pair<u32, u32>> sgis{};       ///< core mask, id
  u64 lists[kCores][kListRegisters]{};          ///< of each core
  u64 virtual_control[kCores]{};
  std::vector<FirmwareCall> firmware{};
  std::vector<std::string> order{};              ///< barriers and maintenance, in program order
  std::string transmitted{};                     ///< what the board's UART sent
  std::deque<u8> typed{};
  u32 uart_room{1U << 20};
  u64 simd{0};
  SystemWatchdog watchdog{};
  u32 resets[2]{};                               ///< registers of reset lines; `order` has each write
  u64 hole{~u64{0}};                             ///< writes at and above this address are lost
  std::function<void()> on_sgi{};                ///< what other cores do just before an SGI leaves
  std::function<void()> on_barrier{};            ///< and at a barrier against all of them
  std::function<void()> on_yield{};              ///< and while this one waits for them
  u32 deaf_cores{0};                             ///< bit n: core n does not follow the firmware's CPU_ON

  bool list_empty_v2(u32 n) const { return ((lists[core][n] >> 28) & 3) == 0; }
  bool list_empty_v3(u32 n) const { return (lists[core][n] >> 62) == 0; }
};

inline Machine machine{};

inline void send_sgi(u32 core_mask, u32 id) {
  if (machine.on_sgi) {
    machine.on_sgi();
  }
  machine.sgis.emplace_back(core_mask, id);
}

template <class R>
std::string key() {
  return "S" + std::to_string(R::kOp0) + "_" + std::to_string(R::kOp1) + "_C" + std::to_string(R::kCRn) + "_C" +
         std::to_string(R::kCRm) + "_" + std::to_string(R::kOp2);
}

template <class R>
u64& register_of() {
  return machine.registers[key<R>()];
}

/// One word of a set/clear pair of the distributor.
inline u32& bank_word(u32 kind, u32 word, u32 core) {
  switch (kind / 2) {
    case 1:
      return word == 0 ? machine.banked_enabled[core] : machine.enabled[word];
    case 2:
      return word == 0 ? machine.banked_pending[core] : machine.pending[word];
    default:
      return word == 0 ? machine.banked_active[core] : machine.active[word];
  }
}

/// The firmware starts a core (system.cpp).
void start_secondary(u32 core);

u32 distributor_read(u64 offset, u32 core);
void distributor_write(u64 offset, u32 value, u32 core);

/// The `Io` of the host: same functions as `Cpu`.
struct Io {
  template <class R>
  static R read() {
    static_assert(R::kAccess != bulkhead::Access::kWriteOnly);
    const std::string name = key<R>();
    if (name == key<bulkhead::IchElrsrEl2>()) {
      u64 empty = 0;
      for (u32 n = 0; n < kListRegisters; ++n) {
        empty |= static_cast<u64>(machine.list_empty_v3(n)) << n;
      }
      return R{empty};
    }
    if (name == key<bulkhead::CntpctEl0>()) {
      return R{machine.registers[name] += machine.look};  // time goes on with every look at it
    }
    if (name == key<bulkhead::IccIar1El1>()) {
      return R{next_interrupt()};
    }
    if (const int list = list_index(name); list >= 0) {
      return R{machine.lists[machine.core][list]};
    }
    return R{machine.registers[name]};
  }
  template <class R>
  static void write(R reg) {
    static_assert(R::kAccess != bulkhead::Access::kReadOnly);
    const std::string name = key<R>();
    if (const int list = list_index(name); list >= 0) {
      machine.lists[machine.core][list] = reg.value;
    } else if (name == key<bulkhead::IccEoir1El1>()) {
      machine.dropped.push_back(static_cast<u32>(reg.value));
    } else if (name == key<bulkhead::IccDirEl1>()) {
      machine.deactivated.push_back(static_cast<u32>(reg.value));
    } else if (name == key<bulkhead::IccSgi1rEl1>()) {
      send_sgi(static_cast<u32>(reg.value & 0xFFFF), static_cast<u32>((reg.value >> 24) & 15));
    } else {
      if (name == key<bulkhead::IchHcrEl2>()) {
        machine.virtual_control[machine.core] = reg.value;
      }
      if (name == key<bulkhead::VttbrEl2>()) {
        machine.order.push_back("vttbr_el2=" + std::to_string(reg.value));
      }
      if (name == key<bulkhead::Ttbr0El2>()) {
        machine.order.push_back("ttbr0_el2=" + std::to_string(reg.value));
      }
      if (name == key<bulkhead::PmcrEl0>()) {
        reg.value |= machine.registers[name] & (u64{31} << 11);  // the number of counters is the core's
      }
      machine.registers[name] = reg.value;
    }
  }
  static void note(const char* what) { machine.order.emplace_back(what); }
  static void isb() { note("isb"); }
  static void dsb() { note("dsb sy"); }
  static void dsb_ishst() { note("dsb ishst"); }
  static void dsb_ish() {
    note("dsb ish");
    if (machine.on_barrier) {
      machine.on_barrier();
    }
  }
  static void dsb_nsh() { note("dsb nsh"); }
  static void dmb_ish() { note("dmb ish"); }
  static void wfi() {
    if (machine.acknowledge.empty()) {
      throw Slept{};
    }
  }
  static void wfi_with_system_errors() { wfi(); }
  static void wfe() { wfi(); }
  static void sev() { note("sev"); }
  static void yield() {
    if (machine.on_yield) {
      machine.on_yield();
    }
  }
  /// The model's SIMD registers are one word, kept where v0 would be.
  static void save_simd(u64* registers, u64* /*controls*/) { registers[0] = machine.simd; }
  static void load_simd(const u64* registers, const u64* /*controls*/) { machine.simd = registers[0]; }
  static void clean_invalidate_line(u64 address);
  static void zero_line(u64 address);
  static void copy_line(u64 destination, u64 source);
  static u64 load64(u64 address) { return *reinterpret_cast<const u64*>(address); }
  static u32 crc32(u32 sum, u64 value) {
    for (u32 bit = 0; bit < 64; ++bit) {
      const bool out = ((sum ^ static_cast<u32>(value >> bit)) & 1) != 0;
      sum = (sum >> 1) ^ (out ? 0xEDB8'8320U : 0U);
    }
    return sum;
  }
  static void invalidate_instruction_caches() { note("ic ialluis"); }
  static void invalidate_el2_tlb() { note("tlbi alle2"); }
  static void invalidate_guest_tlb() { note("tlbi vmalls12e1"); }
  static void invalidate_guest_tlb_all_cores() { note("tlbi vmalls12e1is"); }
  static u32 mmio_read32(u64 address);
  static void mmio_write32(u64 address, u32 value);
  static u32 mmio_read32(u64 base, u64 offset) { return mmio_read32(base + offset); }
  static void mmio_write32(u64 base, u64 offset, u32 value) { mmio_write32(base + offset, value); }
  static void mmio_write8(u64 base, u64 offset, u8 value) { mmio_write8(base + offset, value); }
  static void mmio_write64(u64 base, u64 offset, u64 value) { mmio_write64(base + offset, value); }
  static void mmio_write8(u64 address, u8 value);
  static void mmio_write64(u64 address, u64 value);
  static u64 firmware_call(u64 function, u64 a1, u64 a2, u64 a3);

  static u32 next_interrupt() {
    if (machine.acknowledge.empty()) {
      return 1023;
    }
    const u32 id = machine.acknowledge.front();
    machine.acknowledge.pop_front();
    return id;
  }
  static int list_index(const std::string& name) {
    for (u32 n = 0; n < kListRegisters; ++n) {
      if (name == "S3_4_C12_C" + std::to_string(12 + n / 8) + "_" + std::to_string(n % 8)) {
        return static_cast<int>(n);
      }
    }
    return -1;
  }
};

/// The board's UART: takes what `uart_room` allows.
struct Uart {
  static constexpr bool kPresent = true;
  static void initialise(u32 /*baud*/, u64 /*clock_hz*/) {}
  static bool can_send() { return machine.uart_room != 0; }
  static void send(u8 byte) {
    --machine.uart_room;
    machine.transmitted.push_back(static_cast<char>(byte));
  }
  static bool can_receive() { return !machine.typed.empty(); }
  static u8 receive() {
    const u8 byte = machine.typed.front();
    machine.typed.pop_front();
    return byte;
  }
  static void set_transmit_interrupt(bool /*on*/) {}
  static void clear_interrupts() {}
  static bool drained() { return true; }
};

}  // namespace fake

#endif  // BULKHEAD_VERIFY_UNIT_FAKE_MACHINE_HPP_
