// SPDX-License-Identifier: Apache-2.0
#if NOT_THERE
#endif
int f();
