// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned next() {
  static unsigned count{0U};
  ++count;
  return count;
}
}  // namespace probe
