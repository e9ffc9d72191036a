// SPDX-License-Identifier: Apache-2.0
namespace probe {
enum class Kind : unsigned char { kFirst, kSecond = 0, kThird };
}  // namespace probe
