// SPDX-License-Identifier: Apache-2.0
namespace probe {
class Base {
 public:
  Base();
  Base(const Base& other);
  unsigned number{0U};
};
class Derived : public Base {
 public:
  Derived(const Derived& other) {}
};
}  // namespace probe
