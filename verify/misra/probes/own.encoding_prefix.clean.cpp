// SPDX-License-Identifier: Apache-2.0
namespace probe {
constexpr auto kText{"U"};
}  // namespace probe
