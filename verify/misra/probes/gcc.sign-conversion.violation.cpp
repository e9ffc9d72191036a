// SPDX-License-Identifier: Apache-2.0
unsigned f(int a) { return a; }
