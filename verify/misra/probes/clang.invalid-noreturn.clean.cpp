// SPDX-License-Identifier: Apache-2.0
[[noreturn]] void f() { for (;;) { } }
