// SPDX-License-Identifier: Apache-2.0
namespace probe {
enum class Kind : unsigned char { kFirst, kSecond = 1, kThird };
}  // namespace probe
