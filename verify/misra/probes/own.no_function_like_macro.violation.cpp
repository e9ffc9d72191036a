// SPDX-License-Identifier: Apache-2.0
#define TWICE(a) ((a) + (a))
