// SPDX-License-Identifier: Apache-2.0
void f(int a);
void f(int b) { (void)b; }
