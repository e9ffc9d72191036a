// SPDX-License-Identifier: Apache-2.0
namespace probe {
class Size {
 public:
  Size& operator+=(const Size& other) &;
};
bool operator==(const Size& one, const Size& other);
}  // namespace probe
