// SPDX-License-Identifier: Apache-2.0
enum class A : unsigned char { kOne };
