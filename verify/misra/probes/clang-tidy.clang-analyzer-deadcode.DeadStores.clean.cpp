// SPDX-License-Identifier: Apache-2.0
int f(int a) { int b = a; return b; }
