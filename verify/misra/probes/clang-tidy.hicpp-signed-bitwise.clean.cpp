// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned mask(unsigned value, unsigned other) { return value & other; }
}  // namespace probe
