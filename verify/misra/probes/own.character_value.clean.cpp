// SPDX-License-Identifier: Apache-2.0
namespace probe {
bool digit(char text) { return text >= '0' && text <= '9'; }
}  // namespace probe
