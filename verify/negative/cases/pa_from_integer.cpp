// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-731
// expect-gcc: conversion from
// expect-clang: no viable conversion
#include "base/types.hpp"

#ifdef CONTROL
bulkhead::Pa pa{0x1000};
#else
bulkhead::Pa pa = 0x1000;
#endif
