// SPDX-License-Identifier: Apache-2.0
namespace probe {
class Value {
 public:
  Value& operator=(const Value& other) &;
};
}  // namespace probe
