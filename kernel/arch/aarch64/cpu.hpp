// SPDX-License-Identifier: Apache-2.0
// implements: LLR-062, LLR-302
// The processor as the kernel sees it: system registers, barriers, cache and TLB maintenance, single words shared by
// cores. `Cpu` is the `Io` of the kernel on hardware; host tests give the templates another one.
#ifndef BULKHEAD_KERNEL_ARCH_AARCH64_CPU_HPP_
#define BULKHEAD_KERNEL_ARCH_AARCH64_CPU_HPP_

#include "arch/aarch64/registers.hpp"

namespace bulkhead {

struct Cpu {
  template <class R>
  static R read() {
    static_assert(R::kAccess != Access::kWriteOnly, "this register is write-only");
    u64 value;
    // Volatile: a system register may change without the compiler seeing it.
    asm volatile("mrs %0, S%c1_%c2_C%c3_C%c4_%c5"
                 : "=r"(value)
                 : "i"(R::kOp0), "i"(R::kOp1), "i"(R::kCRn), "i"(R::kCRm), "i"(R::kOp2));
    return R{value};
  }
  template <class R>
  static void write(R reg) {
    static_assert(R::kAccess != Access::kReadOnly, "this register is read-only");
    // Memory clobber: accesses before a control register write stay before it.
    asm volatile("msr S%c1_%c2_C%c3_C%c4_%c5, %0"
                 :
                 : "r"(reg.value), "i"(R::kOp0), "i"(R::kOp1), "i"(R::kCRn), "i"(R::kCRm), "i"(R::kOp2)
                 : "memory");
  }

  /// Context synchronisation: system register writes before it act on what follows.
  static void isb() { asm volatile("isb" ::: "memory"); }
  /// Completion of all earlier accesses and maintenance, whole system.
  static void dsb() { asm volatile("dsb sy" ::: "memory"); }
  /// Stores before are visible to the inner-shareable observers before anything after: before an SGI.
  static void dsb_ishst() { asm volatile("dsb ishst" ::: "memory"); }
  static void dsb_ish() { asm volatile("dsb ish" ::: "memory"); }
  static void dsb_nsh() { asm volatile("dsb nsh" ::: "memory"); }
  /// Order (not completion) between accesses to words that cores share.
  static void dmb_ish() { asm volatile("dmb ish" ::: "memory"); }
  static void wfi() { asm volatile("wfi" ::: "memory"); }
  /// Sleeps with SErrors unmasked, which are masked in the kernel otherwise.
  static void wfi_with_system_errors() { asm volatile("msr daifclr, #4\n\twfi\n\tmsr daifset, #4" ::: "memory"); }
  static void wfe() { asm volatile("wfe" ::: "memory"); }
  static void sev() { asm volatile("sev" ::: "memory"); }
  static void yield() { asm volatile("yield" ::: "memory"); }

  /// Clean and invalidate one line to the point of coherency: guests start with caches off.
  static void clean_invalidate_line(u64 address) { asm volatile("dc civac, %0" : : "r"(address) : "memory"); }
  /// Zero one block of DCZID_EL0 size (64 bytes on A53 and A72), Normal memory only.
  static void zero_line(u64 address) { asm volatile("dc zva, %0" : : "r"(address) : "memory"); }
  /// Copies 64 bytes; both places are 64-byte aligned.
  static void copy_line(u64 destination, u64 source) {
    u64 a;
    u64 b;
    u64 c;
    u64 d;
    // Pairs: the compiler may not turn this into a call of memcpy, which the kernel does not have.
    asm volatile(
        "ldp %0, %1, [%5]\n\tldp %2, %3, [%5, #16]\n\t"
        "stp %0, %1, [%4]\n\tstp %2, %3, [%4, #16]\n\t"
        "ldp %0, %1, [%5, #32]\n\tldp %2, %3, [%5, #48]\n\t"
        "stp %0, %1, [%4, #32]\n\tstp %2, %3, [%4, #48]"
        : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d)
        : "r"(destination), "r"(source)
        : "memory");
  }
  /// A doubleword of memory that no C++ object stands for.
  static u64 load64(u64 address) {
    u64 value;
    asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
  }
  /// CRC-32 of a further doubleword (the CRC extension, which Cortex-A53 and A72 have).
  static u32 crc32(u32 sum, u64 value) {
    u32 result;
    asm(".arch_extension crc\n\tcrc32x %w0, %w1, %2" : "=r"(result) : "r"(sum), "r"(value));
    return result;
  }
  /// v0-v31 to 64 doublewords, FPSR and FPCR behind them. The kernel itself is compiled without SIMD registers.
  static void save_simd(u64* registers, u64* controls) {
    u64 status;
    u64 control;
    asm volatile(
        ".arch_extension fp\n\t.arch_extension simd\n\t"
        "stp q0, q1, [%0, #0]\n\t"
        "stp q2, q3, [%0, #32]\n\t"
        "stp q4, q5, [%0, #64]\n\t"
        "stp q6, q7, [%0, #96]\n\t"
        "stp q8, q9, [%0, #128]\n\t"
        "stp q10, q11, [%0, #160]\n\t"
        "stp q12, q13, [%0, #192]\n\t"
        "stp q14, q15, [%0, #224]\n\t"
        "stp q16, q17, [%0, #256]\n\t"
        "stp q18, q19, [%0, #288]\n\t"
        "stp q20, q21, [%0, #320]\n\t"
        "stp q22, q23, [%0, #352]\n\t"
        "stp q24, q25, [%0, #384]\n\t"
        "stp q26, q27, [%0, #416]\n\t"
        "stp q28, q29, [%0, #448]\n\t"
        "stp q30, q31, [%0, #480]\n\t"
        "mrs %1, fpsr\n\tmrs %2, fpcr"
        : "+r"(registers), "=&r"(status), "=&r"(control) : : "memory");
    controls[0] = status;
    controls[1] = control;
  }
  static void load_simd(const u64* registers, const u64* controls) {
    asm volatile(
        ".arch_extension fp\n\t.arch_extension simd\n\t"
        "ldp q0, q1, [%0, #0]\n\t"
        "ldp q2, q3, [%0, #32]\n\t"
        "ldp q4, q5, [%0, #64]\n\t"
        "ldp q6, q7, [%0, #96]\n\t"
        "ldp q8, q9, [%0, #128]\n\t"
        "ldp q10, q11, [%0, #160]\n\t"
        "ldp q12, q13, [%0, #192]\n\t"
        "ldp q14, q15, [%0, #224]\n\t"
        "ldp q16, q17, [%0, #256]\n\t"
        "ldp q18, q19, [%0, #288]\n\t"
        "ldp q20, q21, [%0, #320]\n\t"
        "ldp q22, q23, [%0, #352]\n\t"
        "ldp q24, q25, [%0, #384]\n\t"
        "ldp q26, q27, [%0, #416]\n\t"
        "ldp q28, q29, [%0, #448]\n\t"
        "ldp q30, q31, [%0, #480]\n\t"
        "msr fpsr, %1\n\tmsr fpcr, %2"
        : : "r"(registers), "r"(controls[0]), "r"(controls[1]) : "memory");
  }
  /// All instruction caches of the inner-shareable domain.
  static void invalidate_instruction_caches() { asm volatile("ic ialluis" ::: "memory"); }
  /// This core's EL2 translations; the caller brackets it with barriers.
  static void invalidate_el2_tlb() { asm volatile("tlbi alle2" ::: "memory"); }
  /// All stage-1 and stage-2 entries of the current VMID, on this core.
  static void invalidate_guest_tlb() { asm volatile("tlbi vmalls12e1" ::: "memory"); }
  /// The same on every core of the inner-shareable domain.
  static void invalidate_guest_tlb_all_cores() { asm volatile("tlbi vmalls12e1is" ::: "memory"); }

  // Device registers lie at a distance from a base, so that one address in a register serves them all. Each access is one
  // plain load or store, so that it never becomes a pair or a write-back form.
  static u32 mmio_read32(u64 base, u64 offset) {
    u32 value;
    asm volatile("ldr %w0, [%1, %2]" : "=r"(value) : "r"(base), "ir"(offset) : "memory");
    return value;
  }
  static void mmio_write32(u64 base, u64 offset, u32 value) {
    asm volatile("str %w0, [%1, %2]" : : "rZ"(value), "r"(base), "ir"(offset) : "memory");
  }
  static void mmio_write8(u64 base, u64 offset, u8 value) {
    asm volatile("strb %w0, [%1, %2]" : : "rZ"(static_cast<u32>(value)), "r"(base), "ir"(offset) : "memory");
  }
  static void mmio_write64(u64 base, u64 offset, u64 value) {
    asm volatile("str %0, [%1, %2]" : : "rZ"(value), "r"(base), "ir"(offset) : "memory");
  }

  /// SMC to the firmware below (SMCCC, up to three arguments); x0 of the result.
  static u64 firmware_call(u64 function, u64 a1, u64 a2, u64 a3) {
    register u64 x0 asm("x0") = function;
    register u64 x1 asm("x1") = a1;
    register u64 x2 asm("x2") = a2;
    register u64 x3 asm("x3") = a3;
    // SMCCC 1.0 lets the firmware change x4-x17. x10-x15 the compiler never uses, they may hold a running guest's: called
    // only where none runs, or without return.
    asm volatile("smc #0"
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                 :
                 : "x4", "x5", "x6", "x7", "x8", "x9", "x16", "x17", "memory");
    return x0;
  }
};

/// Single words that several cores read and write. Relaxed unless the name says otherwise; cores of one partition may
/// use the read-modify-write forms (LDXR/STXR), across partitions only single-writer load and store are used.
template <class T>
[[gnu::always_inline]] inline T load_acquire(const T* word) {
  T value;
  __atomic_load(word, &value, __ATOMIC_ACQUIRE);
  return value;
}
template <class T>
[[gnu::always_inline]] inline T load_relaxed(const T* word) {
  T value;
  __atomic_load(word, &value, __ATOMIC_RELAXED);
  return value;
}
template <class T>
[[gnu::always_inline]] inline void store_release(T* word, T value) {
  __atomic_store(word, &value, __ATOMIC_RELEASE);
}
template <class T>
[[gnu::always_inline]] inline void store_relaxed(T* word, T value) {
  __atomic_store(word, &value, __ATOMIC_RELAXED);
}
template <class T>
[[gnu::always_inline]] inline T fetch_or(T* word, T bits) {
  return __atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);
}
template <class T>
[[gnu::always_inline]] inline T fetch_and(T* word, T bits) {
  return __atomic_fetch_and(word, bits, __ATOMIC_ACQ_REL);
}
template <class T>
[[gnu::always_inline]] inline T exchange(T* word, T value) {
  T before;
  __atomic_exchange(word, &value, &before, __ATOMIC_ACQ_REL);
  return before;
}
template <class T>
[[gnu::always_inline]] inline bool compare_exchange(T* word, T expected, T desired) {
  return __atomic_compare_exchange(word, &expected, &desired, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

}  // namespace bulkhead

#endif  // BULKHEAD_KERNEL_ARCH_AARCH64_CPU_HPP_
