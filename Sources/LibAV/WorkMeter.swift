internal import Synchronization

/// Counts what this process has got done: packets read, bytes read for the first time, frames that came out of decoders,
/// pictures and sound that went into encoders, packets that came out. A library that turns in circles adds nothing.
package enum WorkMeter {
  private static let counter = Atomic<Int>(0)

  package static var total: Int { counter.load(ordering: .relaxed) }

  static func add() { counter.wrappingAdd(1, ordering: .relaxed) }
}
