// SPDX-License-Identifier: Apache-2.0
int f() { return 0 + 0x17 + 10'000; }
