// SPDX-License-Identifier: Apache-2.0
int f(int (&a)[2]) { return a[0] + a[1]; }
