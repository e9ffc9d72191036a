// SPDX-License-Identifier: Apache-2.0
int f() { auto g = [](int a) { return a; }; return g(1); }
