// SPDX-License-Identifier: Apache-2.0
int f(int a) { switch (a) { case 1: return 1; default: return 3; } }
