// SPDX-License-Identifier: Apache-2.0
union A { int a; };
