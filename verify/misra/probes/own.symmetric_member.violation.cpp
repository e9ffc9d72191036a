// SPDX-License-Identifier: Apache-2.0
namespace probe {
class Size {
 public:
  bool operator==(const Size& other) const;
};
}  // namespace probe
