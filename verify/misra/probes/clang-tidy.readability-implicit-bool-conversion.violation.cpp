// SPDX-License-Identifier: Apache-2.0
bool g();
int f(int a) { if (a) { return 1; } return g() + 1; }
