// SPDX-License-Identifier: Apache-2.0
// verifies: LLR-733
// expect-gcc: conversion from
// expect-clang: no viable conversion
#include "arch/aarch64/registers.hpp"

using namespace bulkhead;
#ifdef CONTROL
HcrEl2 r{1};
#else
HcrEl2 r = 1;
#endif
