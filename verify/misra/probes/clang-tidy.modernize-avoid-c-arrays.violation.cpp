// SPDX-License-Identifier: Apache-2.0
int f() { int a[3]{}; return a[0]; }
