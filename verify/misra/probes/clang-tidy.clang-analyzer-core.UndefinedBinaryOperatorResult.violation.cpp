// SPDX-License-Identifier: Apache-2.0
int f(int b) { int a; if (b > 1) { a = 2; } return a + b; }
