// SPDX-License-Identifier: Apache-2.0
int g();
int f(int a) { return g() + a; }
