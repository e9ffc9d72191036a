// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-731
// expect-gcc: conversion from
// expect-clang: no viable conversion
#include "base/types.hpp"

bulkhead::Ipa ipa{1};
#ifdef CONTROL
bulkhead::Pa pa{ipa.value};
#else
bulkhead::Pa pa = ipa;
#endif
