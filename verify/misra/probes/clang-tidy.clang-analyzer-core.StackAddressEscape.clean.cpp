// SPDX-License-Identifier: Apache-2.0
namespace probe {
const unsigned* kept{nullptr};
const unsigned kValue{1U};
void keep() {
  kept = &kValue;
}
}  // namespace probe
