// SPDX-License-Identifier: Apache-2.0
namespace probe {
void __run();
}  // namespace probe
