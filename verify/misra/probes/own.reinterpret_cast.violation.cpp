// SPDX-License-Identifier: Apache-2.0
int* f(char* a) { return reinterpret_cast<int*>(a); }
