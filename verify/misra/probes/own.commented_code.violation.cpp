// SPDX-License-Identifier: Apache-2.0
namespace probe {
void start(unsigned core);
void run() {
  // start(2U);
  start(1U);
}
}  // namespace probe
