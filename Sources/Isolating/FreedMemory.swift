internal import CPosix

/// How much of the memory that it no longer uses a process keeps for its next use, and how much goes back to the system.
package enum FreedMemory {
  /// For workers: encoders of one chunk free the large pictures that those of the next one ask for.
  static func keepMuch() { rung_keep_freed_memory(32 << 20, 256 << 20) }

  /// For the process that composes: it moves bytes in blocks through several threads, and its peak would otherwise be
  /// made of what each of them once had.
  package static func keepLittle() { rung_keep_freed_memory(512 << 10, 4 << 20) }
}
