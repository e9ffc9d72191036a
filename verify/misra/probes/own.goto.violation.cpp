// SPDX-License-Identifier: Apache-2.0
int f(int a) { goto end; end: return a; }
