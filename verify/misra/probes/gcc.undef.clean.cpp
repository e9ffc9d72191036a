// SPDX-License-Identifier: Apache-2.0
#ifdef NOT_THERE
#endif
int f();
