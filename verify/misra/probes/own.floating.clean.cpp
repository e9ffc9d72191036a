// SPDX-License-Identifier: Apache-2.0
namespace probe {
constexpr unsigned kHalf{50U};  // double would need registers that are not saved
}
