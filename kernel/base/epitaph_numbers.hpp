// SPDX-License-Identifier: Apache-2.0
// implements: LLR-321
// Numbers of the epitaphs that assembly raises before C++ can run; epitaph.hpp builds its ids from them.
#ifndef BULKHEAD_KERNEL_BASE_EPITAPH_NUMBERS_HPP_
#define BULKHEAD_KERNEL_BASE_EPITAPH_NUMBERS_HPP_

#define BULKHEAD_EPITAPH_EXCEPTION_LEVEL 1
#define BULKHEAD_EPITAPH_LOAD_ADDRESS 2
#define BULKHEAD_EPITAPH_CONFIGURATION 3
#define BULKHEAD_EPITAPH_UNKNOWN_CORE 4
#define BULKHEAD_EPITAPH_KERNEL_FAULT 5

#endif  // BULKHEAD_KERNEL_BASE_EPITAPH_NUMBERS_HPP_
