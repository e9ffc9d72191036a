// SPDX-License-Identifier: Apache-2.0
namespace a { inline int f() { return 1; } }
