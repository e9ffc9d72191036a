// SPDX-License-Identifier: Apache-2.0
int* f(void* a) { return static_cast<int*>(a); }
