internal import CPosix

/// Memory that is freed and soon asked for again: work in large blocks goes faster when the C library keeps it, since the
/// kernel clears every page that it gives anew.
package enum KeptMemory {
  /// From now on up to `bytes` of what this process frees stay with it.
  package static func keep(upTo bytes: Int32) { rung_keep_freed_memory(bytes) }
}
