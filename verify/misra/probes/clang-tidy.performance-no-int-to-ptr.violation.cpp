// SPDX-License-Identifier: Apache-2.0
int* f(unsigned long a) { return reinterpret_cast<int*>(a); }
