// SPDX-License-Identifier: Apache-2.0
namespace probe {
class Range {
 public:
  const unsigned* begin() const;
  const unsigned* end() const;
  Range first() const;
};
Range all();
unsigned sum() {
  unsigned total{0U};
  for (const unsigned value : all().first()) {
    total += value;
  }
  return total;
}
}  // namespace probe
