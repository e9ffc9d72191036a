// SPDX-License-Identifier: Apache-2.0
namespace probe {
bool run() {
  unsigned first[4]{};
  unsigned second[4]{};
  return &first[1] < &second[0];
}
}  // namespace probe
