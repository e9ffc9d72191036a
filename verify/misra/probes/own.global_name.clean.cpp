// SPDX-License-Identifier: Apache-2.0
int main() {
  return 0;
}
extern "C" void entry();
namespace probe {
class Kept {};
}  // namespace probe
