// SPDX-License-Identifier: Apache-2.0
int f(int a) { int b = 0; b = a; b = 3; return b; }
