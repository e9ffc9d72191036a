// SPDX-License-Identifier: Apache-2.0
#define HAVE defined(B)
#if HAVE
#endif
int f();
