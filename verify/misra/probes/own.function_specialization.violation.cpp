// SPDX-License-Identifier: Apache-2.0
namespace probe {
template <class T>
unsigned size(T value);
template <>
unsigned size<bool>(bool value);
}  // namespace probe
