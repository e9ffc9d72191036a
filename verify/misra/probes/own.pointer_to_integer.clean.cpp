// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned long place(unsigned value) { return static_cast<unsigned long>(value); }
}  // namespace probe
