// SPDX-License-Identifier: Apache-2.0
// implements: LLR-401
//
// System registers of EL1 as types. Encodings and fields: Arm Architecture Reference Manual (DDI 0487),
// D19.2 (general), D19.8 (performance and timers); GICv3 CPU interface: IHI 0069, 12.2.
#ifndef BULKHEAD_RUNTIME_SYSTEM_REGISTER_HPP
#define BULKHEAD_RUNTIME_SYSTEM_REGISTER_HPP

#include <stdint.h>

namespace runtime {

template <unsigned Op0, unsigned Op1, unsigned CRn, unsigned CRm, unsigned Op2>
struct SystemRegister {
    // asm: the language has no other way to a system register; volatile, since reading may have effects.
    static uint64_t read()
    {
        uint64_t value;
        asm volatile("mrs %0, S%c1_%c2_C%c3_C%c4_%c5"
                     : "=r"(value)
                     : "i"(Op0), "i"(Op1), "i"(CRn), "i"(CRm), "i"(Op2)
                     : "memory");
        return value;
    }
    static void write(uint64_t value)
    {
        asm volatile("msr S%c1_%c2_C%c3_C%c4_%c5, %0"
                     :
                     : "r"(value), "i"(Op0), "i"(Op1), "i"(CRn), "i"(CRm), "i"(Op2)
                     : "memory");
    }
};

struct MPIDR_EL1 : SystemRegister<3, 0, 0, 0, 5> {
    static constexpr uint64_t kAff0Mask{0xFF};
    static constexpr uint64_t kAffinityMask{0xFF'00FF'FFFF};
};
struct SCTLR_EL1 : SystemRegister<3, 0, 1, 0, 0> {
    static constexpr uint64_t kMmu{1U << 0U};
    static constexpr uint64_t kDataCache{1U << 2U};
    static constexpr uint64_t kInstructionCache{1U << 12U};
};
struct TTBR0_EL1 : SystemRegister<3, 0, 2, 0, 0> {};
struct TCR_EL1 : SystemRegister<3, 0, 2, 0, 2> {
    static constexpr uint64_t kSize39Bits{64U - 39U};
    static constexpr uint64_t kWalkInnerWriteBack{1U << 8U};
    static constexpr uint64_t kWalkOuterWriteBack{1U << 10U};
    static constexpr uint64_t kWalkInnerShareable{3U << 12U};
    static constexpr uint64_t kNoUpperHalf{1U << 23U};  // EPD1
    static constexpr uint64_t kPhysical40Bits{2ULL << 32U};
};
struct MAIR_EL1 : SystemRegister<3, 0, 10, 2, 0> {};
struct CNTFRQ_EL0 : SystemRegister<3, 3, 14, 0, 0> {};
struct CNTVCT_EL0 : SystemRegister<3, 3, 14, 0, 2> {};
struct CNTV_CTL_EL0 : SystemRegister<3, 3, 14, 3, 1> {
    static constexpr uint64_t kEnable{1};
};
struct CNTV_CVAL_EL0 : SystemRegister<3, 3, 14, 3, 2> {};

struct ICC_PMR_EL1 : SystemRegister<3, 0, 4, 6, 0> {};
struct ICC_DIR_EL1 : SystemRegister<3, 0, 12, 11, 1> {};
struct ICC_ASGI1R_EL1 : SystemRegister<3, 0, 12, 11, 6> {};
struct ICC_SGI0R_EL1 : SystemRegister<3, 0, 12, 11, 7> {};
struct ICC_SGI1R_EL1 : SystemRegister<3, 0, 12, 11, 5> {
    static constexpr unsigned kIntidShift{24};
};
struct ICC_IAR1_EL1 : SystemRegister<3, 0, 12, 12, 0> {};
struct ICC_EOIR1_EL1 : SystemRegister<3, 0, 12, 12, 1> {};
struct ICC_BPR1_EL1 : SystemRegister<3, 0, 12, 12, 3> {};
struct ICC_CTLR_EL1 : SystemRegister<3, 0, 12, 12, 4> {};
struct ICC_SRE_EL1 : SystemRegister<3, 0, 12, 12, 5> {
    static constexpr uint64_t kSystemRegisters{1};
};
struct ICC_IGRPEN1_EL1 : SystemRegister<3, 0, 12, 12, 7> {
    static constexpr uint64_t kEnable{1};
};

// Context synchronisation: later instructions see the registers written before.
inline void isb() { asm volatile("isb" ::: "memory"); }
// Completion of all earlier memory accesses of this vCPU, seen by the inner-shareable domain.
inline void dsb() { asm volatile("dsb ish" ::: "memory"); }

}  // namespace runtime

#endif
