// SPDX-License-Identifier: Apache-2.0
// List registers of the running core, decoded by the architecture's layout and not by the driver's functions.
#include "main/system.hpp"
#include "system.hpp"

namespace fake {
namespace {

constexpr bool kV3 = bulkhead::FeatureSet::Gic::kVersion == 3;
constexpr u32 kStateShift = kV3 ? 62 : 28;
constexpr u32 kPriorityShift = kV3 ? 48 : 23;
constexpr u32 kHardwareShift = kV3 ? 61 : 31;

u64 list(int n) { return machine.lists[machine.core][n]; }
u64 state(int n) { return (list(n) >> kStateShift) & 3; }
void set_state(int n, u64 value) {
  machine.lists[machine.core][n] = (list(n) & ~(u64{3} << kStateShift)) | (value << kStateShift);
}

}  // namespace

bulkhead::Vcpu* idle(bulkhead::Core& core) { return bulkhead::System::Board::idle(core); }

int list_of(u32 id) {
  for (int n = 0; n < static_cast<int>(kListRegisters); ++n) {
    const u32 held = static_cast<u32>(list(n) & (kV3 ? 0xFFFF'FFFF : 0x3FF));
    if (state(n) != 0 && held == id) {
      return n;
    }
  }
  return -1;
}
bool list_pending(int n) { return (state(n) & 1) != 0; }
bool list_active(int n) { return (state(n) & 2) != 0; }
bool list_hardware(int n) { return ((list(n) >> kHardwareShift) & 1) != 0; }
u32 list_priority(int n) {
  return kV3 ? static_cast<u32>((list(n) >> kPriorityShift) & 0xFF) : static_cast<u32>((list(n) >> kPriorityShift) & 0x1F) << 3;
}
void guest_acknowledges(int n) { set_state(n, 2); }
void guest_ends(int n) { set_state(n, state(n) & 1); }

}  // namespace fake
