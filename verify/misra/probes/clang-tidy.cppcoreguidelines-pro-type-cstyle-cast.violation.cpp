// SPDX-License-Identifier: Apache-2.0
const int* f(char* a) { return (const int*)a; }
