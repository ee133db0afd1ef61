internal import CFFmpeg

/// What a process keeps of the memory that it no longer uses.
package enum FreeMemory {
  /// From here on little: for a process that moves bytes in blocks through several threads, and whose peak would
  /// otherwise be made of what each of them once had. Encoders, which take and leave large pictures, are better off
  /// without.
  package static func bound() { rung_bound_free_memory() }
}
