// SPDX-License-Identifier: Apache-2.0
struct A { A& operator=(const A& o) { a = o.a; return *this; } int* a{nullptr}; };
