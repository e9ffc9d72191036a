// SPDX-License-Identifier: Apache-2.0
namespace probe {
extern unsigned values[4];
unsigned run() { return values[3]; }
}  // namespace probe
