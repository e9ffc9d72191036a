// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-733
// expect-gcc: a field of another register
// expect-clang: a field of another register
#include "arch/aarch64/registers.hpp"

using namespace bulkhead;
#ifdef CONTROL
u64 f(EsrEl2 esr) { return esr.get<EsrEl2::Ec>(); }
#else
u64 f(EsrEl2 esr) { return esr.get<HcrEl2::Vm>(); }
#endif
