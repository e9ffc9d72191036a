// SPDX-License-Identifier: Apache-2.0
using u32 = decltype(0U);
u32 f();
