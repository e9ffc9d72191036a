// SPDX-License-Identifier: Apache-2.0
namespace probe {
class Text {
 public:
  Text& put(unsigned value);
};
}  // namespace probe
