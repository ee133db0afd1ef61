// What glibc has and Swift does not see: a variadic function, and GNU prototypes declared by hand, since defining
// _GNU_SOURCE here would clash with the C library's module.
#ifndef RUNG_CPOSIX_SHIM_H
#define RUNG_CPOSIX_SHIM_H
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>

extern int pipe2(int pipedes[2], int flags);
extern int close_range(unsigned int first, unsigned int last, int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// The signal that the kernel sends to this process when the thread that started it ends.
static inline int rung_set_parent_death_signal(int signal) {
  return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL);
}

/// Has freed memory kept for its next use, up to `most` bytes, large blocks too: what goes back to the kernel is cleared
/// page by page when it is had again.
static inline void rung_keep_freed_memory(int most) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, most);
}
#endif
