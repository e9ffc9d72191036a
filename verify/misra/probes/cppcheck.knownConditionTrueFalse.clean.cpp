// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned pick(unsigned value, unsigned limit) {
  if (limit > 3U) {
    return value;
  }
  return limit;
}
}  // namespace probe
