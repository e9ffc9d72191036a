// SPDX-License-Identifier: Apache-2.0
struct A { A(const A&) = delete; int a{}; };
