// SPDX-License-Identifier: Apache-2.0
int f() { using T = int; return T{2}; }
