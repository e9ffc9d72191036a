// SPDX-License-Identifier: Apache-2.0
// The memory-mapped half of the model.
#include "machine.hpp"

#include <cstring>

namespace fake {
namespace {

[[noreturn]] void stray(const char* what, u64 address) {
  throw std::logic_error(std::string(what) + " at " + std::to_string(address));
}

bool within(u64 address, u64 base, u64 size) { return address - base < size; }

constexpr u64 kFrame = 0x1000;

}  // namespace

u32 distributor_read(u64 offset, u32 core) {
  if (offset >= 0x100 && offset < 0x400) {
    return bank_word(static_cast<u32>(offset >> 7), static_cast<u32>((offset & 0x7F) / 4), core);
  }
  if (offset >= 0xC00 && offset < 0xC00 + kIrqWords * 8) {
    return machine.config[(offset - 0xC00) / 4];
  }
  switch (offset) {
    case 0x000:
      return machine.distributor_control;
    case 0x004:
      return kIrqWords - 1;
    case 0xFE8:
    case 0xFFE8:
      return (machine.architecture << 4) | 0xB;
    default:
      return 0;
  }
}

void distributor_write(u64 offset, u32 value, u32 core) {
  if (offset >= 0x100 && offset < 0x400) {
    const u32 kind = static_cast<u32>(offset >> 7);
    u32& word = bank_word(kind, static_cast<u32>((offset & 0x7F) / 4), core);
    word = (kind & 1) != 0 ? word & ~value : word | value;
  } else if (offset >= 0xC00 && offset < 0xC00 + kIrqWords * 8) {
    machine.config[(offset - 0xC00) / 4] = value;
  } else if (offset >= 0x400 && offset < 0x420) {
    std::memcpy(&machine.banked_priority[core][offset - 0x400], &value, 4);
  } else if (offset == 0) {
    machine.distributor_control = value;
  } else if (offset == 0xF00) {
    send_sgi((value >> 16) & 0xFF, value & 15);
  }
}

void Io::clean_invalidate_line(u64 /*address*/) { note("dc civac"); }
void Io::zero_line(u64 address) {
  if (address < machine.hole) {
    std::memset(reinterpret_cast<void*>(address), 0, 64);
  }
}
void Io::copy_line(u64 destination, u64 source) {
  if (destination < machine.hole) {
    std::memcpy(reinterpret_cast<void*>(destination), reinterpret_cast<const void*>(source), 64);
  }
}

u32 Io::mmio_read32(u64 address) {
  if (within(address, kRedistributor, kCores * 2 * kFrame)) {
    const u32 core = static_cast<u32>((address - kRedistributor) / (2 * kFrame));
    const u64 offset = (address - kRedistributor) % (2 * kFrame);
    return offset < kFrame ? 0 : distributor_read(offset - kFrame, core);
  }
  if (within(address, kCpuInterface, kFrame)) {
    return (address - kCpuInterface) == 0x0C ? next_interrupt() : static_cast<u32>(machine.registers["GICC" + std::to_string(address & 0xFFF)]);
  }
  if (within(address, kVirtualControl, kFrame)) {
    const u64 offset = address - kVirtualControl;
    if (offset >= 0x100 && offset < 0x100 + 4 * kListRegisters) {
      return static_cast<u32>(machine.lists[machine.core][(offset - 0x100) / 4]);
    }
    if (offset == 0x30) {
      u32 empty = 0;
      for (u32 n = 0; n < kListRegisters; ++n) {
        empty |= static_cast<u32>(machine.list_empty_v2(n)) << n;
      }
      return empty;
    }
    return 0;
  }
  if (within(address, kResets, sizeof(machine.resets))) {
    machine.order.push_back("look at reset " + std::to_string((address - kResets) / 4));
    return machine.resets[(address - kResets) / 4];
  }
  if (within(address, kBoardWatchdog, kFrame)) {
    return machine.watchdog.read(address - kBoardWatchdog);
  }
  if (within(address, kDistributor, 0x1'0000)) {
    return distributor_read(address - kDistributor, machine.core);
  }
  stray("read", address);
}

void Io::mmio_write32(u64 address, u32 value) {
  if (within(address, kRedistributor, kCores * 2 * kFrame)) {
    const u32 core = static_cast<u32>((address - kRedistributor) / (2 * kFrame));
    const u64 offset = (address - kRedistributor) % (2 * kFrame);
    if (offset >= kFrame) {
      distributor_write(offset - kFrame, value, core);
    }
  } else if (within(address, kCpuInterface, kFrame)) {
    if (address - kCpuInterface == 0x10) {
      machine.dropped.push_back(value);
    } else {
      machine.registers["GICC" + std::to_string(address & 0xFFF)] = value;
    }
  } else if (within(address, kCpuInterfaceDir, kFrame)) {
    machine.deactivated.push_back(value);
  } else if (within(address, kVirtualControl, kFrame)) {
    const u64 offset = address - kVirtualControl;
    if (offset >= 0x100 && offset < 0x100 + 4 * kListRegisters) {
      machine.lists[machine.core][(offset - 0x100) / 4] = value;
    } else if (offset == 0) {
      machine.virtual_control[machine.core] = value;
    }
  } else if (within(address, kResets, sizeof(machine.resets))) {
    machine.resets[(address - kResets) / 4] = value;
    machine.reset_times.push_back(register_of<bulkhead::CntpctEl0>());
    machine.order.push_back("reset " + std::to_string((address - kResets) / 4) + "=" + std::to_string(value));
  } else if (within(address, kBoardWatchdog, kFrame)) {
    machine.watchdog.write(address - kBoardWatchdog, value);
  } else if (within(address, kDistributor, 0x1'0000)) {
    distributor_write(address - kDistributor, value, machine.core);
  } else {
    stray("write", address);
  }
}

void Io::mmio_write8(u64 address, u8 value) {
  if (within(address, kDistributor + 0x400, 32)) {
    machine.banked_priority[machine.core][address - kDistributor - 0x400] = value;
  } else if (within(address, kDistributor + 0x400, kIrqWords * 32)) {
    machine.priority[address - kDistributor - 0x400] = value;
  } else if (within(address, kDistributor + 0x800, kIrqWords * 32)) {
    machine.target[address - kDistributor - 0x800] = value;
  } else if (within(address, kRedistributor, kCores * 2 * kFrame)) {
    const u64 id = (address - kRedistributor) % (2 * kFrame) - kFrame - 0x400;
    if (id < 32) {
      machine.banked_priority[(address - kRedistributor) / (2 * kFrame)][id] = value;
    }
  } else {
    stray("byte write", address);
  }
}

void Io::mmio_write64(u64 address, u64 value) {
  if (!within(address, kDistributor + 0x6000, kIrqWords * 32 * 8)) {
    stray("double word write", address);
  }
  machine.target[(address - kDistributor - 0x6000) / 8] = value;
}


u64 Io::firmware_call(u64 function, u64 a1, u64 a2, u64 /*a3*/) {
  machine.firmware.push_back({function, a1, a2});
  if (function == 0xC400'0003 && ((machine.deaf_cores >> a1) & 1) == 0) {
    start_secondary(static_cast<u32>(a1));
  }
  return 0;
}

}  // namespace fake
