// SPDX-License-Identifier: Apache-2.0
namespace probe {
using Size = unsigned;
void run(Size size);
void run(Size size) { (void)size; }
}  // namespace probe
