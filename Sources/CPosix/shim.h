// What glibc has and Swift does not see: a variadic function, and GNU prototypes declared by hand, since defining
// _GNU_SOURCE here would clash with the C library's module.
#ifndef RUNG_CPOSIX_SHIM_H
#define RUNG_CPOSIX_SHIM_H
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

extern int pipe2(int pipedes[2], int flags);
extern int close_range(unsigned int first, unsigned int last, int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
extern long syscall(long number, ...);

/// The signal that the kernel sends to this process when the thread that started it ends.
static inline int rung_set_parent_death_signal(int signal) {
  return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0UL, 0UL, 0UL);
}

/// A second process like this one, for a process with one thread: Swift hides the function, since few have just one.
static inline int rung_fork(void) { return (int)fork(); }

/// Gives the calling thread the name under which `ps` and `top` show it.
static inline void rung_set_name(const char *name) { prctl(PR_SET_NAME, (unsigned long)name, 0UL, 0UL, 0UL); }

/// No message carries more descriptors.
static inline int rung_most_descriptors(void) { return 4; }

/// Sends `bytes` as one message, with up to four descriptors; whether it was taken.
static inline int rung_send_descriptors(
    int socket, const int *descriptors, int count, const void *bytes, unsigned long length) {
  union { struct cmsghdr header; char space[CMSG_SPACE(4 * sizeof(int))]; } held;
  if (count < 1 || count > 4) return 0;
  unsigned long size = (unsigned long)count * sizeof(int);
  memset(&held, 0, sizeof held);
  struct iovec data = {(void *)bytes, length};
  struct msghdr message = {0};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = &held;
  message.msg_controllen = CMSG_SPACE(size);
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(header), descriptors, size);
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_NOSIGNAL); while (sent < 0 && errno == EINTR);
  return sent == (ssize_t)length;
}

/// Waits for such a message: its descriptors, closed on exec, into `descriptors` (room for four), how many into `count`;
/// gives the length of its bytes, which fit into `room`; 0 or less when nobody will send one.
static inline long rung_receive_descriptors(
    int socket, int *descriptors, int *count, void *bytes, unsigned long room) {
  union { struct cmsghdr header; char space[CMSG_SPACE(4 * sizeof(int))]; } held;
  memset(&held, 0, sizeof held);
  *count = 0;
  struct iovec data = {bytes, room};
  struct msghdr message = {0};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = &held;
  message.msg_controllen = sizeof held;
  ssize_t got;
  do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC); while (got < 0 && errno == EINTR);
  if (got <= 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return -1;
  unsigned long size = header->cmsg_len - CMSG_LEN(0);
  if (size > 4 * sizeof(int)) return -1;
  memcpy(descriptors, CMSG_DATA(header), size);
  *count = (int)(size / sizeof(int));
  return (long)got;
}

/// Of freed memory up to `most` bytes are kept for their next use; blocks of `largest` bytes or more go back to the
/// kernel at once, and what is had from there again is cleared page by page.
static inline void rung_keep_freed_memory(int largest, int most) {
  mallopt(M_MMAP_THRESHOLD, largest);
  mallopt(M_TRIM_THRESHOLD, most);
}

/// Neither this process nor what it starts gets rights from a set-user-id file any more; asked for by seccomp and
/// Landlock.
static inline int rung_give_up_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL); }
static inline int rung_has_no_new_privileges(void) { return prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL); }

// Resource limits: what Swift sees of RLIMIT_… is an enumeration that setrlimit does not take.
static inline int rung_limit_memory(void) { return RLIMIT_AS; }
static inline int rung_limit_file(void) { return RLIMIT_FSIZE; }
static inline int rung_limit_descriptors(void) { return RLIMIT_NOFILE; }
static inline int rung_limit_core(void) { return RLIMIT_CORE; }

/// Sets a limit of this process, soft and hard; where the hard one is lower already, it becomes the soft one.
static inline int rung_set_limit(int which, uint64_t value) {
  struct rlimit now;
  if (getrlimit(which, &now) != 0) return -1;
  rlim_t wanted = (rlim_t)value;
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < wanted) wanted = now.rlim_max;
  struct rlimit next = {wanted, wanted};
  return setrlimit(which, &next);
}

/// Sets the seconds of processor time after which the kernel ends the process `pid` by SIGXCPU.
static inline int rung_limit_processor_time(int pid, uint64_t seconds) {
  // As prlimit64(2) has it, on every architecture.
  struct { uint64_t soft, hard; } next = {seconds, UINT64_MAX}, now;
  if (syscall(SYS_prlimit64, (long)pid, (long)RLIMIT_CPU, 0L, &now) != 0) return -1;
  next.hard = now.hard;
  if (next.soft > next.hard) next.soft = next.hard;
  return (int)syscall(SYS_prlimit64, (long)pid, (long)RLIMIT_CPU, &next, 0L);
}

/// Opens a place without reading it: O_PATH, which only GNU's headers have.
static inline int rung_open_place(void) { return 010000000; }

// Landlock, by hand: the C library has no wrappers, and its headers end at version 2 of what a kernel may know.

/// The version of Landlock that this kernel has; negative where there is none, or it is turned off.
static inline int rung_landlock_version(void) {
  return (int)syscall(444L, (void *)0, (unsigned long)0, 1L);
}

/// A new set of rules that refuses all of these rights but to whom a rule gives them: a descriptor, or negative.
static inline int rung_landlock_make(int version, uint64_t files, uint64_t network, uint64_t scopes) {
  struct { uint64_t files, network, scopes; } rules = {files, network, scopes};
  unsigned long size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  return (int)syscall(444L, &rules, size, 0L);
}

/// Gives `rights` to what lies beneath the open file or folder `place`.
static inline int rung_landlock_allow(int rules, int place, uint64_t rights) {
  struct __attribute__((packed)) { uint64_t rights; int32_t place; } beneath = {rights, place};
  return (int)syscall(445L, (long)rules, 1L, &beneath, 0L);
}

/// Binds the calling thread, and what it starts from now on, to the rules.
static inline int rung_landlock_enter(int rules) { return (int)syscall(446L, (long)rules, 0L); }
#endif
