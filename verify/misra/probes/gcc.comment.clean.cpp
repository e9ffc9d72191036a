// SPDX-License-Identifier: Apache-2.0
/* a b */
int f();
