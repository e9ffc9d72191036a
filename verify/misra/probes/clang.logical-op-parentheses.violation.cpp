// SPDX-License-Identifier: Apache-2.0
namespace probe {
bool mix(unsigned a, unsigned b, unsigned c) { return a == 0U || b == 0U && c == 0U; }
}  // namespace probe
