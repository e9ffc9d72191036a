// SPDX-License-Identifier: Apache-2.0
namespace probe {
constexpr double kHalf{0.5};
}
