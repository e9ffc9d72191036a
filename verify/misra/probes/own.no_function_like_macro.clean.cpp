// SPDX-License-Identifier: Apache-2.0
#define TWO 2
