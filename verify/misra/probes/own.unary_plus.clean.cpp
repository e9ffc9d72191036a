// SPDX-License-Identifier: Apache-2.0
namespace probe {
int same(int value) { return value + value; }
}  // namespace probe
