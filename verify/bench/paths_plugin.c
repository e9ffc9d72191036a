/* SPDX-License-Identifier: Apache-2.0
   TCG plugin (QEMU 7.2): writes what the kernel executes and touches between two instructions of a guest. Debian ships no
   header, so the few functions used are declared here, after QEMU's include/qemu/qemu-plugin.h, version 1 of its interface.
   Arguments: out=FILE, low=ADDRESS, high=ADDRESS (the kernel's text). Lines of FILE: "T GUEST_PC", then in order "I PC" and
   "R ADDRESS" or "W ADDRESS" for memory, "r", "w" for device registers. One core is measured at a time: no locking. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
typedef struct { const char *target_name; } qemu_info_t;
enum { NO_REGISTERS = 0 };
enum { READ_AND_WRITE = 3 };
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, void (*cb)(unsigned, void *), int flags, void *data);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, void (*cb)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *),
                                             int flags, int rw, void *data);
extern bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
extern struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, uint64_t vaddr);
extern bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *address);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *), void *data);

EXPORT int qemu_plugin_version = 1;

static FILE *out;
static uint64_t low, high;
static uint64_t guest_pc;
static bool in_kernel;

static void on_guest(unsigned cpu, void *pc) {
  (void)cpu;
  guest_pc = (uint64_t)(uintptr_t)pc;
  in_kernel = false;
}

static void on_kernel(unsigned cpu, void *pc) {
  (void)cpu;
  if (!in_kernel) {
    in_kernel = true;
    fprintf(out, "T %" PRIx64 "\n", guest_pc);
  }
  fprintf(out, "I %" PRIx64 "\n", (uint64_t)(uintptr_t)pc);
}

static void on_memory(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t address, void *pc) {
  (void)cpu;
  (void)pc;
  const struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(info, address);
  const bool device = place != NULL && qemu_plugin_hwaddr_is_io(place);
  const char *kinds = qemu_plugin_mem_is_store(info) ? "Ww" : "Rr";
  fprintf(out, "%c %" PRIx64 "\n", kinds[device], address);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); ++i) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
    const uint64_t pc = qemu_plugin_insn_vaddr(insn);
    const bool kernel = pc >= low && pc < high;
    qemu_plugin_register_vcpu_insn_exec_cb(insn, kernel ? on_kernel : on_guest, NO_REGISTERS, (void *)(uintptr_t)pc);
    if (kernel) {
      qemu_plugin_register_vcpu_mem_cb(insn, on_memory, NO_REGISTERS, READ_AND_WRITE, NULL);
    }
  }
}

static void on_exit_of_emulator(qemu_plugin_id_t id, void *data) {
  (void)id;
  (void)data;
  fclose(out);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], "out=", 4) == 0) {
      out = fopen(argv[i] + 4, "w");
    } else if (strncmp(argv[i], "low=", 4) == 0) {
      low = strtoull(argv[i] + 4, NULL, 0);
    } else if (strncmp(argv[i], "high=", 5) == 0) {
      high = strtoull(argv[i] + 5, NULL, 0);
    }
  }
  if (out == NULL || high <= low) {
    fprintf(stderr, "paths_plugin: out, low and high are needed\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_atexit_cb(id, on_exit_of_emulator, NULL);
  return 0;
}
