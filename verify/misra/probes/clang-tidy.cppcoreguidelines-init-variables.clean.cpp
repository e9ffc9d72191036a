// SPDX-License-Identifier: Apache-2.0
int f(int b) { int a = 3; if (b > 1) { a = 2; } return a; }
