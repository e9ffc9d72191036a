// SPDX-License-Identifier: Apache-2.0
namespace probe {
void run();
unsigned long place() { return reinterpret_cast<unsigned long>(&run); }
}  // namespace probe
