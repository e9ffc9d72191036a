// SPDX-License-Identifier: Apache-2.0
int* f() { int a = 1; return &a; }
