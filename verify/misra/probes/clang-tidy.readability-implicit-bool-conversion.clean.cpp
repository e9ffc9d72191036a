// SPDX-License-Identifier: Apache-2.0
bool f(int a) { return a != 0; }
