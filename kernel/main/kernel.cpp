// SPDX-License-Identifier: Apache-2.0
// implements: LLR-186, LLR-321, LLR-322, LLR-323, LLR-324
// The one translation unit of the kernel: the entry points that assembly calls, bound to the feature set.

#include "main/system.hpp"

using bulkhead::EsrEl2;
using bulkhead::System;
using bulkhead::u32;
using bulkhead::u64;
using bulkhead::Vcpu;

static_assert(System::GicMap::kDistributor % bulkhead::kBlock2MiB == 0x1E'0000, "sections.ld: bulkhead_fixed_map");

extern "C" {

[[gnu::section(".bss.epitaph")]] bulkhead::Epitaph bulkhead_epitaph;
[[gnu::section(".bss.kernel")]] bulkhead::KernelState bulkhead_kernel_state;

Vcpu* bulkhead_on_hvc(Vcpu* vcpu, u64 esr) { return System::Board::on_hvc(*vcpu, EsrEl2{esr}); }

Vcpu* bulkhead_on_data_abort(Vcpu* vcpu, u64 esr) { return System::Board::on_data_abort(*vcpu, EsrEl2{esr}); }

Vcpu* bulkhead_on_system_register(Vcpu* vcpu, u64 esr, u64 rt) {
  return System::Board::on_system_register(*vcpu, EsrEl2{esr}, rt);
}

Vcpu* bulkhead_on_wait(Vcpu* vcpu, u64 esr) { return System::Board::on_wait(*vcpu, EsrEl2{esr}); }

Vcpu* bulkhead_on_irq(Vcpu* vcpu) { return System::Board::on_irq(*vcpu); }

Vcpu* bulkhead_on_synchronous(Vcpu* vcpu, u64 esr) { return System::Board::on_synchronous(*vcpu, EsrEl2{esr}); }

Vcpu* bulkhead_on_serror(Vcpu* vcpu, u64 esr) { return System::Board::on_serror(*vcpu, EsrEl2{esr}); }

[[noreturn]] void bulkhead_boot_core(u32 index, u64 entered) {
  System::enter(*System::Board::boot_core(index, entered));
}

[[noreturn]] void bulkhead_secondary_core(u32 index) { System::enter(*System::Board::secondary_core(index)); }

[[noreturn]] void bulkhead_early_epitaph(u32 id) { System::early_epitaph(static_cast<bulkhead::EpitaphId>(id)); }

[[noreturn]] void bulkhead_kernel_fault() {
  bulkhead_epitaph.pc = System::Io::read<bulkhead::ElrEl2>().value;
  System::kernel_fault();
}

}  // extern "C"
