// SPDX-License-Identifier: Apache-2.0
static int g() { return 1; }
int f() { return 2; }
