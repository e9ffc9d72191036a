// SPDX-License-Identifier: Apache-2.0
// The kernel's one translation unit, compiled for the host.
#include "main/kernel.cpp"
