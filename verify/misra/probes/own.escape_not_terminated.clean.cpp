// SPDX-License-Identifier: Apache-2.0
namespace probe {
constexpr char kText[]{"\x1b" "E\0\x41\n"};
}  // namespace probe
