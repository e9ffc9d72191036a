// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
struct A { int a; };
static_assert(offsetof(A, a) == 0);
