// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned next() {
  static constexpr unsigned kCount{1U};
  return kCount;
}
}  // namespace probe
