// SPDX-License-Identifier: Apache-2.0
namespace probe {
class Base {};
template <class T>
class Derived : public Base {
  T value_;
};
}  // namespace probe
