// SPDX-License-Identifier: Apache-2.0
#define A 1
#undef A
