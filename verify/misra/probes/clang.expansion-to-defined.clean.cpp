// SPDX-License-Identifier: Apache-2.0
#if defined(B)
#endif
int f();
