// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-733
// expect-gcc: this register is read-only
// expect-clang: this register is read-only
#include "arch/aarch64/cpu.hpp"

using namespace bulkhead;
#ifdef CONTROL
void f() { Cpu::write(HcrEl2{0}); }
#else
void f() { Cpu::write(MidrEl1{0}); }
#endif
