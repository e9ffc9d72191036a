// SPDX-License-Identifier: Apache-2.0
namespace probe {
constexpr auto kBig{1L};
}  // namespace probe
