// SPDX-License-Identifier: Apache-2.0
#include <new>
struct A { A(const A&) = delete; };
