// SPDX-License-Identifier: Apache-2.0
namespace probe {
void run();
using Entry = void (*)();
Entry entry() {
  run();
  return &run;
}
}  // namespace probe
