// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned share(unsigned value, unsigned parts) {
  if (parts != 0U) {
    return value / parts;
  }
  return value;
}
}  // namespace probe
