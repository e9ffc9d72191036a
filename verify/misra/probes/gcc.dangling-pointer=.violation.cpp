// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned read(const unsigned* value);
unsigned run() {
  const unsigned* kept{nullptr};
  {
    const unsigned local{1U};
    kept = &local;
  }
  return read(kept);
}
}  // namespace probe
