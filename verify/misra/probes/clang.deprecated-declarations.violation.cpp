// SPDX-License-Identifier: Apache-2.0
namespace probe {
[[deprecated]] void old();
void run() { old(); }
}  // namespace probe
