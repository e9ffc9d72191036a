// SPDX-License-Identifier: Apache-2.0
int f() { int a = 1, b = 2; return a + b; }
