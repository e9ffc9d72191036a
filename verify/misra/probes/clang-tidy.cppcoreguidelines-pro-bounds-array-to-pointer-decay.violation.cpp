// SPDX-License-Identifier: Apache-2.0
void g(int*);
void f() { int a[3]{}; g(a); }
