// SPDX-License-Identifier: Apache-2.0
char f(int a) { return a; }
