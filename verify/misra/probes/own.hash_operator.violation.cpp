// SPDX-License-Identifier: Apache-2.0
#define NAME(a) #a
