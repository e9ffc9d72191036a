// SPDX-License-Identifier: Apache-2.0
int f(int a, int b) { int c = 0; if ((a > 1) && (c > b)) { c = 3; } return c; }
