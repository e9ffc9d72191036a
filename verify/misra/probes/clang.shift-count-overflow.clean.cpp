// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned far(unsigned value) { return value << 4U; }
}  // namespace probe
