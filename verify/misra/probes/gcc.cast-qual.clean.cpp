// SPDX-License-Identifier: Apache-2.0
const int* f(const int* a) { return a; }
