// SPDX-License-Identifier: Apache-2.0
int* f(const int* a) { return const_cast<int*>(a); }
