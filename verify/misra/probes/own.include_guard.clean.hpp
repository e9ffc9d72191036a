// SPDX-License-Identifier: Apache-2.0
#ifndef A_HPP
#define A_HPP
int f();
#endif
