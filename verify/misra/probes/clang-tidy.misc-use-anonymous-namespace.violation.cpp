// SPDX-License-Identifier: Apache-2.0
namespace probe {
static unsigned count(unsigned value) { return value; }
unsigned run() { return count(1U); }
}  // namespace probe
