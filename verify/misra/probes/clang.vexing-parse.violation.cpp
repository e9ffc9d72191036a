// SPDX-License-Identifier: Apache-2.0
namespace probe {
struct Lock {
  Lock();
  void hold();
};
void run() {
  Lock lock();
}
}  // namespace probe
