// SPDX-License-Identifier: Apache-2.0
struct T;
bool f(T& a) { return &typeid(a) != nullptr; }
