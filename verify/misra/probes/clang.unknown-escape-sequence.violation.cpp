// SPDX-License-Identifier: Apache-2.0
const char* f() { return "\q"; }
