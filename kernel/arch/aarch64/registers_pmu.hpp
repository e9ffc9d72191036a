// SPDX-License-Identifier: Apache-2.0
// implements: LLR-711
// Performance monitors (Arm ARM DDI 0487, D11 and D19.5): the registers of the one event counter that the kernel keeps.
#ifndef BULKHEAD_KERNEL_ARCH_AARCH64_REGISTERS_PMU_HPP_
#define BULKHEAD_KERNEL_ARCH_AARCH64_REGISTERS_PMU_HPP_

#include "arch/aarch64/registers.hpp"

namespace bulkhead {

using PmcrEl0E = Field<PmcrEl0, 0, 1>;       ///< counters below HPMN may count
using MdcrEl2Hpme = Field<MdcrEl2, 7, 1>;    ///< counters from HPMN on may count
struct PmcntensetEl0 : SystemRegister<PmcntensetEl0, 3, 3, 9, 12, 1> { using SystemRegister::SystemRegister; };
struct PmcntenclrEl0 : SystemRegister<PmcntenclrEl0, 3, 3, 9, 12, 2> { using SystemRegister::SystemRegister; };
struct PmovsclrEl0 : SystemRegister<PmovsclrEl0, 3, 3, 9, 12, 3> { using SystemRegister::SystemRegister; };
struct PmselrEl0 : SystemRegister<PmselrEl0, 3, 3, 9, 12, 5> { using SystemRegister::SystemRegister; };
struct Pmceid0El0 : SystemRegister<Pmceid0El0, 3, 3, 9, 12, 6, Access::kReadOnly> { using SystemRegister::SystemRegister; };
struct PmxevtyperEl0 : SystemRegister<PmxevtyperEl0, 3, 3, 9, 13, 1> { using SystemRegister::SystemRegister; };
struct PmxevcntrEl0 : SystemRegister<PmxevcntrEl0, 3, 3, 9, 13, 2> { using SystemRegister::SystemRegister; };
struct PmintensetEl1 : SystemRegister<PmintensetEl1, 3, 0, 9, 14, 1> { using SystemRegister::SystemRegister; };
struct PmintenclrEl1 : SystemRegister<PmintenclrEl1, 3, 0, 9, 14, 2> { using SystemRegister::SystemRegister; };

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_ARCH_AARCH64_REGISTERS_PMU_HPP_
