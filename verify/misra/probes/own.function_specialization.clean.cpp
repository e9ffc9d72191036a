// SPDX-License-Identifier: Apache-2.0
namespace probe {
template <class T>
struct Size {
  static constexpr unsigned kValue{sizeof(T)};
};
template <>
struct Size<bool> {
  static constexpr unsigned kValue{1U};
};
}  // namespace probe
