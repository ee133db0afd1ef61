// libseccomp's macros, which Swift does not see.
#ifndef RUNG_CSECCOMP_SHIM_H
#define RUNG_CSECCOMP_SHIM_H
#include <seccomp.h>
#include <stdint.h>

static inline uint32_t rung_seccomp_allow(void) { return SCMP_ACT_ALLOW; }
/// The call fails with `code`.
static inline uint32_t rung_seccomp_refuse(int code) { return SCMP_ACT_ERRNO((uint32_t)code); }
/// The whole process ends with SIGSYS.
static inline uint32_t rung_seccomp_end(void) { return SCMP_ACT_KILL_PROCESS; }
#endif
