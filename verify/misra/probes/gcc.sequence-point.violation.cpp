// SPDX-License-Identifier: Apache-2.0
int f(int i) { i = i++ + 1; return i; }
