// SPDX-License-Identifier: Apache-2.0
namespace probe {
void run(int value) { static_cast<void>(value); }
}  // namespace probe
