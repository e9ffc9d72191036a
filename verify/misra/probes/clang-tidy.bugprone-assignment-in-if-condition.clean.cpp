// SPDX-License-Identifier: Apache-2.0
int f(int a) { int b = a; if (b > 2) { return 1; } return b; }
