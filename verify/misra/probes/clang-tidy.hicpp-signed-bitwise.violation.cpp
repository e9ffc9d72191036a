// SPDX-License-Identifier: Apache-2.0
namespace probe {
int mask(int value, int other) { return value & other; }
}  // namespace probe
