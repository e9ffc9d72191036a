// SPDX-License-Identifier: Apache-2.0
namespace probe {
template <class T>
class Derived : public T {};
}  // namespace probe
