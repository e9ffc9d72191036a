// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-733
// expect-gcc: this register is write-only
// expect-clang: this register is write-only
#include "arch/aarch64/cpu.hpp"
#include "arch/aarch64/registers_gicv3.hpp"

using namespace bulkhead;
#ifdef CONTROL
HcrEl2 f() { return Cpu::read<HcrEl2>(); }
#else
IccEoir1El1 f() { return Cpu::read<IccEoir1El1>(); }
#endif
