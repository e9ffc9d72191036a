// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned pick(unsigned value) {
  unsigned found{0U};
  if (value == 1U) {
    found = 2U;
  } else if (value == 2U) {
    found = 3U;
  } else {
    found = 4U;
  }
  if (found == 4U) {
    found = 5U;
  }
  return found;
}
}  // namespace probe
