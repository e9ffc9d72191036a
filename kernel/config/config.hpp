// SPDX-License-Identifier: Apache-2.0
// implements: LLR-342, LLR-343
// The only door through which generated code enters the kernel: the feature set (types and flags, no values of the
// configuration) and the one symbol behind which the values lie.
#ifndef BULKHEAD_KERNEL_CONFIG_CONFIG_HPP_
#define BULKHEAD_KERNEL_CONFIG_CONFIG_HPP_

#include "config/schema.hpp"
#include "features.hpp"  // generated: struct FeatureSet

/// First page after the kernel; the linker script places it.
extern "C" const bulkhead::FeatureSet::Header bulkhead_config;

#endif  // BULKHEAD_KERNEL_CONFIG_CONFIG_HPP_
