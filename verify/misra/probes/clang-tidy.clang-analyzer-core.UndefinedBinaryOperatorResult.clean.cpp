// SPDX-License-Identifier: Apache-2.0
int f(int b) { int a = 2; return a + b; }
