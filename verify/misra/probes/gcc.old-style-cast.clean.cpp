// SPDX-License-Identifier: Apache-2.0
int f(double a) { return static_cast<int>(a); }
