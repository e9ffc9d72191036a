// SPDX-License-Identifier: Apache-2.0
namespace probe {
class Value {
 public:
  void operator=(const Value& other);
};
}  // namespace probe
