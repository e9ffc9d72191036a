// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned long place(const unsigned* value) { return reinterpret_cast<unsigned long>(value); }
}  // namespace probe
