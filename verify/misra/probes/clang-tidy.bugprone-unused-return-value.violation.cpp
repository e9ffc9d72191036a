// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned next(unsigned value);
void run() { next(1U); }
}  // namespace probe
