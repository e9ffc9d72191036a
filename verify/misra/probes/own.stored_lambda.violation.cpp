// SPDX-License-Identifier: Apache-2.0
int f(int b) { auto g = [&](int a) { return a + b; }; return g(1); }
