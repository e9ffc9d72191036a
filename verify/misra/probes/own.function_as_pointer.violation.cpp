// SPDX-License-Identifier: Apache-2.0
namespace probe {
void run();
bool known() { return run == nullptr; }
}  // namespace probe
