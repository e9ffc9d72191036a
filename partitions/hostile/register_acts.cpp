// SPDX-License-Identifier: Apache-2.0
//
// System registers that a guest has no business with, or that a hypervisor has to keep for itself, and
// cache and other system instructions. Encodings: DDI 0487, D19; the A53's own: DDI 0500, 4.3.
#include "hostile.hpp"

#include "system_register.hpp"

namespace hostile {
namespace {

struct Register {
    const char* name;
    uint64_t (*read)();
    void (*write)(uint64_t value);
};

template <unsigned Op0, unsigned Op1, unsigned CRn, unsigned CRm, unsigned Op2>
constexpr Register make(const char* name)
{
    using Access = runtime::SystemRegister<Op0, Op1, CRn, CRm, Op2>;
    return {name, &Access::read, &Access::write};
}

constexpr Register kRegisters[]{
    make<2, 0, 0, 0, 4>("DBGBVR0_EL1"),
    make<2, 0, 0, 0, 5>("DBGBCR0_EL1"),
    make<2, 0, 0, 5, 4>("DBGBVR5_EL1"),
    make<2, 0, 0, 0, 6>("DBGWVR0_EL1"),
    make<2, 0, 0, 0, 7>("DBGWCR0_EL1"),
    make<2, 0, 0, 2, 0>("MDCCINT_EL1"),
    make<2, 0, 0, 2, 2>("MDSCR_EL1"),
    make<2, 0, 0, 0, 2>("OSDTRRX_EL1"),
    make<2, 0, 0, 3, 2>("OSDTRTX_EL1"),
    make<2, 0, 0, 6, 2>("OSECCR_EL1"),
    make<2, 0, 1, 0, 0>("MDRAR_EL1"),
    make<2, 0, 1, 0, 4>("OSLAR_EL1"),
    make<2, 0, 1, 1, 4>("OSLSR_EL1"),
    make<2, 0, 1, 3, 4>("OSDLR_EL1"),
    make<2, 0, 1, 4, 4>("DBGPRCR_EL1"),
    make<2, 0, 7, 8, 6>("DBGCLAIMSET_EL1"),
    make<2, 0, 7, 9, 6>("DBGCLAIMCLR_EL1"),
    make<2, 0, 7, 14, 6>("DBGAUTHSTATUS_EL1"),
    make<2, 3, 0, 1, 0>("MDCCSR_EL0"),
    make<2, 3, 0, 4, 0>("DBGDTR_EL0"),
    make<3, 3, 9, 12, 0>("PMCR_EL0"),
    make<3, 3, 9, 12, 1>("PMCNTENSET_EL0"),
    make<3, 3, 9, 12, 2>("PMCNTENCLR_EL0"),
    make<3, 3, 9, 12, 3>("PMOVSCLR_EL0"),
    make<3, 3, 9, 12, 4>("PMSWINC_EL0"),
    make<3, 3, 9, 12, 5>("PMSELR_EL0"),
    make<3, 3, 9, 12, 6>("PMCEID0_EL0"),
    make<3, 3, 9, 13, 0>("PMCCNTR_EL0"),
    make<3, 3, 9, 13, 1>("PMXEVTYPER_EL0"),
    make<3, 3, 9, 13, 2>("PMXEVCNTR_EL0"),
    make<3, 3, 9, 14, 0>("PMUSERENR_EL0"),
    make<3, 0, 9, 14, 1>("PMINTENSET_EL1"),
    make<3, 3, 14, 8, 0>("PMEVCNTR0_EL0"),
    make<3, 3, 14, 15, 7>("PMCCFILTR_EL0"),
    make<3, 0, 1, 0, 1>("ACTLR_EL1"),
    make<3, 0, 5, 1, 0>("AFSR0_EL1"),
    make<3, 0, 0, 0, 0>("MIDR_EL1"),
    make<3, 0, 0, 5, 0>("ID_AA64DFR0_EL1"),
    make<3, 0, 0, 4, 0>("ID_AA64PFR0_EL1"),
    make<3, 0, 0, 1, 2>("ID_DFR0_EL1"),
    make<3, 1, 11, 0, 2>("L2CTLR_EL1"),
    make<3, 1, 11, 0, 3>("L2ECTLR_EL1"),
    make<3, 1, 15, 2, 0>("CPUACTLR_EL1"),
    make<3, 1, 15, 2, 1>("CPUECTLR_EL1"),
    make<3, 1, 15, 2, 2>("CPUMERRSR_EL1"),
    make<3, 1, 15, 3, 0>("CBAR_EL1"),
    make<3, 3, 15, 2, 0>("implementation-defined at EL0"),
    make<3, 4, 1, 1, 0>("HCR_EL2"),
    make<3, 4, 2, 1, 0>("VTTBR_EL2"),
    make<3, 4, 12, 0, 0>("VBAR_EL2"),
    make<3, 4, 4, 0, 1>("ELR_EL2"),
    make<3, 4, 14, 0, 3>("CNTVOFF_EL2"),
    make<3, 4, 14, 1, 0>("CNTHCTL_EL2"),
    make<3, 4, 14, 2, 1>("CNTHP_CTL_EL2"),
    make<3, 4, 12, 11, 0>("ICH_HCR_EL2"),
    make<3, 4, 12, 12, 0>("ICH_LR0_EL2"),
    make<3, 4, 12, 9, 5>("ICC_SRE_EL2"),
    make<3, 6, 1, 1, 0>("SCR_EL3"),
    make<3, 6, 12, 12, 5>("ICC_SRE_EL3"),
    make<3, 3, 14, 2, 1>("CNTP_CTL_EL0"),
    make<3, 3, 14, 2, 2>("CNTP_CVAL_EL0"),
    make<3, 3, 14, 0, 1>("CNTPCT_EL0"),
    make<3, 7, 14, 2, 1>("CNTPS_CTL_EL1"),
    make<3, 0, 12, 12, 6>("ICC_IGRPEN0_EL1"),
    make<3, 0, 12, 11, 1>("ICC_DIR_EL1"),
    make<3, 0, 12, 11, 6>("ICC_ASGI1R_EL1"),
    make<3, 0, 12, 11, 7>("ICC_SGI0R_EL1"),
    make<3, 0, 12, 8, 0>("ICC_IAR0_EL1"),
    make<3, 0, 12, 8, 1>("ICC_EOIR0_EL1"),
    make<3, 0, 12, 8, 4>("ICC_AP0R0_EL1"),
    make<3, 0, 12, 9, 0>("ICC_AP1R0_EL1"),
    make<3, 0, 10, 4, 3>("LORC_EL1"),
    make<2, 1, 0, 1, 0>("TRCPRGCTLR"),
    make<3, 2, 0, 0, 0>("CSSELR_EL1"),
};

constexpr uint32_t kRegisterCount{sizeof(kRegisters) / sizeof(kRegisters[0])};

void registers(const Arguments&)
{
    for (const Register& one : kRegisters) {
        bulkhead::print("%s read", one.name);
        print_outcome(one.read());
        bulkhead::print("%s write 0", one.name);
        one.write(0);
        print_outcome(0);
        one.write(~0ULL);
        forget_exceptions();
        one.write(0);
        forget_exceptions();
    }
}

// As an operating system does it at start: every set and way of both levels.
void set_way(const Arguments&)
{
    constexpr uint64_t kSets{16};
    constexpr uint64_t kWays{16};
    constexpr uint64_t kLineShift{6};
    constexpr uint64_t kWayShift{28};
    for (uint64_t level{0}; level < 2U; ++level) {
        for (uint64_t set{0}; set < kSets; ++set) {
            for (uint64_t way{0}; way < kWays; ++way) {
                const uint64_t operand{(way << kWayShift) | (set << kLineShift) | (level << 1U)};
                operate_cache(0, operand);
                operate_cache(1, operand);
                operate_cache(2, operand);
            }
        }
    }
    bulkhead::print("DC ISW, CSW, CISW");
    print_outcome(0);
}

void instructions(const Arguments&)
{
    bulkhead::print("TLBI ALLE2");
    asm volatile("tlbi alle2" ::: "memory");
    print_outcome(0);
    bulkhead::print("TLBI VMALLS12E1");
    asm volatile("tlbi vmalls12e1" ::: "memory");
    print_outcome(0);
    bulkhead::print("AT S12E1R");
    asm volatile("at s12e1r, %0" : : "r"(0ULL) : "memory");
    print_outcome(0);
    bulkhead::print("ERET to EL2");
    // The return address is the next instruction; an illegal return sets PSTATE.IL, which faults there.
    asm volatile(
        "mov x0, #0x3C9\n\tmsr spsr_el1, x0\n\tadr x0, 1f\n\tmsr elr_el1, x0\n\teret\n1:\n\tnop\n\tnop"
        :
        :
        : "x0", "memory");
    print_outcome(0);
    bulkhead::print("DCPS2");
    asm volatile("dcps2" ::: "memory");
    print_outcome(0);
    bulkhead::print("HLT");
    asm volatile("hlt #1" ::: "memory");
    print_outcome(0);
    bulkhead::print("undefined word");
    asm volatile(".inst 0x00000000" ::: "memory");
    print_outcome(0);
}

void events(const Arguments& arguments)
{
    for (uint64_t i{0}; i < arguments.value[0]; ++i) {
        asm volatile("sev\n\twfe\n\ttlbi vmalle1is\n\tic ialluis\n\tdsb ish" ::: "memory");
    }
}

constexpr Act kActs[]{
    {"registers", ": reads and writes every register of the list", registers},
    {"set-way", ": cache maintenance by set and way", set_way},
    {"instructions", ": instructions of higher exception levels, illegal return", instructions},
    {"events", "COUNT: storms of SEV, TLBI and IC for all cores", events},
};

}  // namespace

ActList register_acts() { return {kActs, sizeof(kActs) / sizeof(kActs[0])}; }

uint32_t register_count() { return kRegisterCount; }

uint64_t read_register(uint32_t index) { return kRegisters[index % kRegisterCount].read(); }

void write_register(uint32_t index, uint64_t value) { kRegisters[index % kRegisterCount].write(value); }

void operate_cache(uint32_t kind, uint64_t operand)
{
    switch (kind) {
    case 0:
        asm volatile("dc isw, %0" : : "r"(operand) : "memory");
        break;
    case 1:
        asm volatile("dc csw, %0" : : "r"(operand) : "memory");
        break;
    case 2:
        asm volatile("dc cisw, %0" : : "r"(operand) : "memory");
        break;
    case 3:
        asm volatile("ic iallu" ::: "memory");
        break;
    case 4:
        asm volatile("tlbi vmalle1is\n\tdsb ish" ::: "memory");
        break;
    default:
        asm volatile("ic ialluis\n\tdsb ish" ::: "memory");
        break;
    }
}

}  // namespace hostile
