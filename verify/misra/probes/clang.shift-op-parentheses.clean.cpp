// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned mix(unsigned a, unsigned b, unsigned c) { return a << (b + c); }
}  // namespace probe
