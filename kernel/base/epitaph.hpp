// SPDX-License-Identifier: Apache-2.0
// implements: LLR-321
// Last words: why the kernel stopped, at the symbol `bulkhead_epitaph` (first bytes of .bss) for a debugger or a memory
// dump, and as one line on the console. Layout is part of the debug interface: changes go into the changelog.
#ifndef BULKHEAD_KERNEL_BASE_EPITAPH_HPP_
#define BULKHEAD_KERNEL_BASE_EPITAPH_HPP_

#include "base/epitaph_numbers.hpp"
#include "base/types.hpp"

namespace bulkhead {

enum class EpitaphId : u32 {
  kNone = 0,
  kExceptionLevel = BULKHEAD_EPITAPH_EXCEPTION_LEVEL,
  kLoadAddress = BULKHEAD_EPITAPH_LOAD_ADDRESS,
  kConfiguration = BULKHEAD_EPITAPH_CONFIGURATION,
  kUnknownCore = BULKHEAD_EPITAPH_UNKNOWN_CORE,
  kKernelFault = BULKHEAD_EPITAPH_KERNEL_FAULT,
  kInterruptController = 6,
  kMissingCore = 7,
  kMemoryHole = 8,
  kCounterFrequency = 9,
  kSystemError = 10,
  kTables = 11,
  kCount,
  kEventCounter = 32,  ///< from here on by kFurtherEpitaphTexts
  kBoardWatchdog = 33
};

inline constexpr u32 kEpitaphMagic = 0x5449'5045;  ///< "EPIT", little-endian

struct Epitaph {
  u32 magic;     ///< kEpitaphMagic once something was written
  EpitaphId id;
  u64 core;      ///< MPIDR_EL1
  u64 counter;   ///< CNTPCT_EL0
  u64 syndrome;  ///< ESR_EL2, or the value that was refused
  u64 address;   ///< FAR_EL2, or what the value was compared with
  u64 pc;        ///< ELR_EL2
};

/// What the console line says, by EpitaphId: the id's name and a sentence.
inline constexpr const char* kEpitaphTexts[] = {
    "none",
    "exception-level: entered at another exception level than EL2",
    "load-address: loaded at another address than linked for",
    "configuration: no configuration of this kernel's format behind the kernel",
    "unknown-core: running on a core that the configuration does not name",
    "kernel-fault: exception taken from the kernel itself",
    "interrupt-controller: the interrupt controller is not the one this kernel was built for",
    "missing-core: a core that the configuration names did not start",
    "memory-hole: memory that the configuration names does not answer",
    "counter-frequency: CNTFRQ_EL0 is none of the rates that the board lists",
    "system-error: asynchronous external abort taken from the kernel",
    "tables: the constant tables are not what was built",
};
/// Of features that few systems have; linked with them.
inline constexpr u32 kFirstFurtherEpitaph = 32;
inline constexpr const char* kFurtherEpitaphTexts[] = {
    "event-counter: a core does not count the events of a bandwidth budget",
    "board-watchdog: the board's watchdog does not start",
};
static_assert(sizeof(kEpitaphTexts) / sizeof(kEpitaphTexts[0]) == static_cast<usize>(EpitaphId::kCount), "one text an id");

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_BASE_EPITAPH_HPP_
