// SPDX-License-Identifier: Apache-2.0
// implements: LLR-010, LLR-185
// The one place of the version; the generator reads it from here.
#ifndef BULKHEAD_KERNEL_BASE_VERSION_HPP_
#define BULKHEAD_KERNEL_BASE_VERSION_HPP_

namespace bulkhead {
inline constexpr char kVersion[] = "0.1.0";
inline constexpr unsigned kAbiVersion = 1;
}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_BASE_VERSION_HPP_
