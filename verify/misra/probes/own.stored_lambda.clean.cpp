// SPDX-License-Identifier: Apache-2.0
template <class T> int h(T t) { return t(1); }
int f(int b) { return h([&](int a) { return a + b; }); }
