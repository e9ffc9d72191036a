// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-733
// expect-gcc: a field of another register
// expect-clang: a field of another register
#include "arch/aarch64/registers.hpp"

using namespace bulkhead;
#ifdef CONTROL
HcrEl2 f(HcrEl2 r) { return r.with<HcrEl2::Vm>(1); }
#else
HcrEl2 f(HcrEl2 r) { return r.with<EsrEl2::Ec>(1); }
#endif
