// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned pick(unsigned value) {
  const unsigned limit{4U};
  if (limit > 3U) {
    return value;
  }
  return limit;
}
}  // namespace probe
