// SPDX-License-Identifier: Apache-2.0
namespace probe {
constexpr auto kText{u8"a"};
}  // namespace probe
