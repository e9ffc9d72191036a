// SPDX-License-Identifier: Apache-2.0
namespace probe {
bool run() {
  unsigned first[4]{};
  return &first[1] < &first[0];
}
}  // namespace probe
