// SPDX-License-Identifier: Apache-2.0
int g(const char* a, int b);
int f() { return g("", 1); }
