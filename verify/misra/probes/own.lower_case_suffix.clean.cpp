// SPDX-License-Identifier: Apache-2.0
auto f() { return 1L + 1UL; }
