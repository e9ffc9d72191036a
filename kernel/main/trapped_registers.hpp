// SPDX-License-Identifier: Apache-2.0
// Carries out what SystemRegisters decides about a trapped MRS or MSR.
#ifndef BULKHEAD_KERNEL_MAIN_TRAPPED_REGISTERS_HPP_
#define BULKHEAD_KERNEL_MAIN_TRAPPED_REGISTERS_HPP_

#include "arch/aarch64/guest_exception.hpp"
#include "health/health.hpp"
#include "main/direct_interface.hpp"
#include "partition/state.hpp"
#include "vdev/system_registers.hpp"

namespace bulkhead {

template <class F, class Distributor>
class TrappedRegisters {
  using Io = typename F::Io;
  using Gic = typename F::Gic;

 public:
  // implements: LLR-282, LLR-283, LLR-243, LLR-284
  [[gnu::noinline]] static Vcpu* access(Vcpu& vcpu, EsrEl2 esr) {
    const u32 encoding = encoding_of(esr);
    const bool read = esr.get<EsrEl2::SysDirection>() != 0;
    const u32 rt = static_cast<u32>(esr.get<EsrEl2::SysRt>());
    const u64 value = rt == 31 ? 0 : vcpu.x[rt];
    const SysregAnswer answer = SystemRegisters<Io>::decide(encoding, read);
    switch (answer.verdict) {
      case SysregVerdict::kReadValue:
        if (rt != 31) {
          vcpu.x[rt] = answer.value;
        }
        break;
      case SysregVerdict::kIgnore:
        break;
      case SysregVerdict::kSetWay:
        ++vcpu.set_way_skipped;
        break;
      case SysregVerdict::kSgi:
        (void)software_interrupt(vcpu, IccSgi1rEl1{value});
        break;
      case SysregVerdict::kInterface:
        if constexpr (F::kDirect) {
          if (vcpu.partition->direct != 0) {
            u64 passed = value;
            (void)DirectInterface<F>::pass(vcpu, static_cast<u32>(esr.with<EsrEl2::SysRt>(0).value), passed);
            if (read && rt != 31) {
              vcpu.x[rt] = passed;
            }
            break;
          }
        }
        [[fallthrough]];
      case SysregVerdict::kUndefined: {
        const CauseRecord cause{Cause::kIllegalRegister, read ? u32{1} : u32{0}, encoding, Io::template read<ElrEl2>().value};
        GuestException<Io>::undefined();
        return F::event(vcpu, HealthEvent::kIllegalRequest, cause) ? &vcpu : F::idle(*vcpu.core);
      }
    }
    Io::write(ElrEl2{Io::template read<ElrEl2>().value + 4});
    return &vcpu;
  }

  /// GICv3: Aff1..Aff3 of every guest vCPU are zero.
  static Vcpu* software_interrupt(Vcpu& vcpu, IccSgi1rEl1 request) {
    const u32 all = (u32{1} << vcpu.partition->vcpu_count) - 1;
    const u32 self = u32{1} << vcpu.config->index;
    u32 targets = 0;
    if (request.get<IccSgi1rEl1::Irm>() != 0) {
      targets = all & ~self;
    } else if (request.get<IccSgi1rEl1::Aff1>() == 0 && request.get<IccSgi1rEl1::Aff2>() == 0 &&
               request.get<IccSgi1rEl1::Aff3>() == 0) {
      targets = static_cast<u32>(request.get<IccSgi1rEl1::TargetList>()) & all;
    }
    return Distributor::request(vcpu, targets, static_cast<u32>(request.get<IccSgi1rEl1::Id>()));
  }
};

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_MAIN_TRAPPED_REGISTERS_HPP_
