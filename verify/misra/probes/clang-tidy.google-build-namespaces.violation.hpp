// SPDX-License-Identifier: Apache-2.0
namespace { inline int f() { return 1; } }
