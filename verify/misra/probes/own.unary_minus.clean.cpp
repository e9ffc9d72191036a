// SPDX-License-Identifier: Apache-2.0
namespace probe {
int negative(int value) { return -value; }
}  // namespace probe
