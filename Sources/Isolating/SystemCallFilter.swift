internal import CSeccomp
internal import Foundation

/// seccomp: which system calls a worker may make. What decoding, scaling and encoding need is on a list; all else fails
/// with EPERM, as on a machine that refuses it, and what only an attack would try ends the process.
enum SystemCallFilter {
  /// Enters it for this thread and all others; what is refused then stays refused.
  static func enter() throws(Refusal) {
    guard let context = unsafe seccomp_init(rung_seccomp_refuse(EPERM)) else {
      throw Refusal("libseccomp cannot be used here")
    }
    defer { unsafe seccomp_release(context) }
    let filter = unsafe Filter(context)
    for name in allowed { try filter.add(rung_seccomp_allow(), name) }
    for rule in conditional() { try filter.add(rung_seccomp_allow(), rule.name, [rule.condition]) }
    // To learn that clone3 is not there makes the C library use clone, whose flags can be looked at.
    try filter.add(rung_seccomp_refuse(ENOSYS), "clone3")
    // A kernel that cannot end the process leaves these to the default, which refuses them.
    for name in deadly { try? filter.add(rung_seccomp_end(), name) }
    // A row of comparisons would be gone through at each call.
    _ = unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
    // The kernel's own error comes back, and not libseccomp's word for all of them.
    _ = unsafe seccomp_attr_set(context, SCMP_FLTATR_API_SYSRAWRC, 1)
    // Before Linux 5.16 a filter turned on a brake against Spectre 4 that costs encoders several per cent, in a
    // process that holds no other's secrets.
    _ = unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_SSB, 1)
    let code = unsafe seccomp_load(context)
    guard code == 0 else { throw Refusal(call: "seccomp", errno: -code) }
  }

  /// A filter that is being made.
  @safe private struct Filter {
    let context: scmp_filter_ctx

    init(_ context: scmp_filter_ctx) { unsafe self.context = unsafe context }

    /// A call that this architecture does not have needs no rule.
    func add(_ action: UInt32, _ name: String, _ conditions: [scmp_arg_cmp] = []) throws(Refusal) {
      let number = unsafe seccomp_syscall_resolve_name(name)
      guard number >= 0 else { return }
      let code = unsafe conditions.withUnsafeBufferPointer { conditions in
        unsafe seccomp_rule_add_array(
          context, action, number, UInt32(conditions.count), conditions.baseAddress)
      }
      guard code == 0 else { throw Refusal(call: "seccomp rule \(name)", errno: -code) }
    }
  }

  /// Opening files is among them: which, is for Landlock to say.
  private static let allowed = """
    read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek close close_range
    open openat openat2 creat stat lstat fstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink
    readlinkat getcwd getdents getdents64 ftruncate truncate fallocate fadvise64 fsync fdatasync sync_file_range flock
    mkdir mkdirat unlink unlinkat rmdir rename renameat renameat2 link linkat umask copy_file_range sendfile
    dup dup2 dup3 fcntl pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait
    epoll_pwait epoll_pwait2 eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime
    brk munmap mremap madvise mincore msync membarrier get_mempolicy
    futex futex_waitv set_robust_list get_robust_list rseq set_tid_address
    sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler sched_get_priority_max
    sched_get_priority_min getpriority getcpu
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage getitimer
    getpid getppid gettid getuid geteuid getgid getegid getpgrp getpgid getsid getrlimit sysinfo uname getrandom
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigsuspend rt_sigpending sigaltstack restart_syscall
    exit exit_group
    """.split(whereSeparator: \.isWhitespace).map(String.init)

  /// No decoder or encoder has a reason for any of these, not even after a fault.
  private static let deadly = """
    execve execveat ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp
    bpf userfaultfd perf_event_open io_uring_setup io_uring_enter io_uring_register
    mount umount2 move_mount open_tree fsopen fsmount pivot_root chroot setns unshare
    init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff
    setuid setgid setreuid setregid setresuid setresgid setgroups capset keyctl add_key request_key
    open_by_handle_at settimeofday clock_settime iopl ioperm acct quotactl
    """.split(whereSeparator: \.isWhitespace).map(String.init)

  private static let threadFlag: UInt64 = 0x0001_0000
  private static let executable: UInt64 = 4
  private static let terminalQuestion: UInt64 = 0x5401
  private static let setName: UInt64 = 15
  private static let getName: UInt64 = 16
  private static let getNoNewPrivileges: UInt64 = 39
  private static let nameMemory: UInt64 = 0x5356_4d41

  /// Allowed only when one argument is as it says.
  private static func conditional() -> [(name: String, condition: scmp_arg_cmp)] {
    let own = UInt64(UInt32(bitPattern: getpid()))
    return [
      // Threads, but no processes.
      ("clone", has(0, threadFlag)),
      // Memory that holds a program is not made here.
      ("mmap", lacks(2, executable)), ("mprotect", lacks(2, executable)),
      // Limits may be read and not set.
      ("prlimit64", equals(2, 0)),
      // To itself alone: how abort ends a process.
      ("kill", equals(0, own)), ("tgkill", equals(0, own)), ("rt_sigqueueinfo", equals(0, own)),
      ("rt_tgsigqueueinfo", equals(0, own)),
      // isatty
      ("ioctl", equals(1, terminalQuestion)),
      ("prctl", equals(0, setName)), ("prctl", equals(0, getName)), ("prctl", equals(0, nameMemory)),
      ("prctl", equals(0, getNoNewPrivileges)),
    ]
  }

  private static func equals(_ argument: UInt32, _ value: UInt64) -> scmp_arg_cmp {
    scmp_arg_cmp(arg: argument, op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
  }

  private static func has(_ argument: UInt32, _ bits: UInt64) -> scmp_arg_cmp {
    scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: bits, datum_b: bits)
  }

  private static func lacks(_ argument: UInt32, _ bits: UInt64) -> scmp_arg_cmp {
    scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: bits, datum_b: 0)
  }
}
