// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned read(const unsigned* value) {
  if (value == nullptr) {
    return *value;
  }
  return 0U;
}
}  // namespace probe
