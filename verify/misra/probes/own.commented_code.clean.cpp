// SPDX-License-Identifier: Apache-2.0
namespace probe {
void start(unsigned core);
void run() {
  // The first core (number 0) runs already; start only the other.
  start(1U);
}
}  // namespace probe
