// SPDX-License-Identifier: Apache-2.0
namespace probe {
const unsigned* kept{nullptr};
void keep() {
  const unsigned local{1U};
  kept = &local;
}
}  // namespace probe
