// SPDX-License-Identifier: Apache-2.0
// implements: LLR-188
// What calls of a guest answer.
#ifndef BULKHEAD_KERNEL_BASE_STATUS_HPP_
#define BULKHEAD_KERNEL_BASE_STATUS_HPP_

#include "base/types.hpp"

namespace bulkhead {

/// Status codes of the ABI, in x0.
inline constexpr u64 kOk = 0;
inline constexpr u64 kNotSupported = ~u64{0};        // -1
inline constexpr u64 kInvalid = ~u64{0} - 1;         // -2
inline constexpr u64 kDenied = ~u64{0} - 2;          // -3
inline constexpr u64 kBusy = ~u64{0} - 3;            // -4, PSCI ALREADY_ON
inline constexpr u64 kOnPending = ~u64{0} - 4;       // PSCI -5
inline constexpr u64 kInvalidAddress = ~u64{0} - 8;  // PSCI -9

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_BASE_STATUS_HPP_
