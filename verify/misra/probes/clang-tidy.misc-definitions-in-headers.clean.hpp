// SPDX-License-Identifier: Apache-2.0
inline int f() { return 1; }
