// SPDX-License-Identifier: Apache-2.0
int f(int a) { switch (a) { case 1: return 2; case 2: return a; default: return 3; } }
