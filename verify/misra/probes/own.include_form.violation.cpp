// SPDX-License-Identifier: Apache-2.0
#define NAME <cstdint>
#include NAME
