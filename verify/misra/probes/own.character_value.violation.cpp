// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned digit(char text) { return static_cast<unsigned>(text - '0'); }
}  // namespace probe
