// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned next(unsigned value);
void run() { (void)next(1U); }
}  // namespace probe
