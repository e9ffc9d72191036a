// SPDX-License-Identifier: Apache-2.0
void f(void* a, void* b) { __builtin_memcpy(a, b, 3); }
