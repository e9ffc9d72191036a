// SPDX-License-Identifier: Apache-2.0
namespace probe {
constexpr char kText[]{"\x1bZ"};
}  // namespace probe
