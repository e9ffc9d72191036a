// SPDX-License-Identifier: Apache-2.0
namespace probe {
const unsigned kValue{1U};
unsigned long place() { return reinterpret_cast<unsigned long>(&kValue); }
}  // namespace probe
