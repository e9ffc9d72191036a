// SPDX-License-Identifier: Apache-2.0
unsigned long f() { return 0xFFFFFFFF; }
