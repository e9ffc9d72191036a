// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned negative(unsigned value) { return -value; }
}  // namespace probe
