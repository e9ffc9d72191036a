// SPDX-License-Identifier: Apache-2.0
int f(int a) { int b = 0; if ((b = a) > 2) { return 1; } return b; }
