// SPDX-License-Identifier: Apache-2.0
struct A { virtual void f(int); };
struct B : A { void f(char); };
