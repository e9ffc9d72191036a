// SPDX-License-Identifier: Apache-2.0
namespace probe {
void fresh();
void run() { fresh(); }
}  // namespace probe
