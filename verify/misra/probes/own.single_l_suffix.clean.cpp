// SPDX-License-Identifier: Apache-2.0
namespace probe {
constexpr auto kBig{1LL};
constexpr auto kText{u'L'};
}  // namespace probe
