// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned sum() {
  unsigned total{0U};
  for (unsigned i{0U}; i < 9U; ++i) {
    total += i;
  }
  return total;
}
}  // namespace probe
