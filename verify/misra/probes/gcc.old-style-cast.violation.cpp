// SPDX-License-Identifier: Apache-2.0
int f(double a) { return (int)a; }
