// SPDX-License-Identifier: Apache-2.0
bool f(unsigned a) { return a == (2U - 1U); }
