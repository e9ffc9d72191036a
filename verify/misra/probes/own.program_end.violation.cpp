// SPDX-License-Identifier: Apache-2.0
extern "C" void abort();
void f() { abort(); }
