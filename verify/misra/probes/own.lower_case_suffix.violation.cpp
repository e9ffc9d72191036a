// SPDX-License-Identifier: Apache-2.0
auto f() { return 1l; }
