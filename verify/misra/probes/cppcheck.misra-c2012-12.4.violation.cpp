// SPDX-License-Identifier: Apache-2.0
bool f(unsigned a) { return a == (0U - 1U); }
