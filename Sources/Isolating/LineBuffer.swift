/// Bytes in as they come from a pipe, whole lines out, without their line feeds. A line that grows past the bound
/// is handed out in pieces of that length, so that a writer cannot make the reader hold any amount.
struct LineBuffer {
  private let bound: Int
  private var bytes: [UInt8] = []
  /// Where the first byte that was not yet handed out is, and where the search for a line feed goes on.
  private var start = 0
  private var searched = 0
  /// A line was longer than the bound.
  private(set) var overflowed = false

  init(bound: Int) { self.bound = bound }

  mutating func append(_ new: some Collection<UInt8>) {
    if start > 0 {
      bytes.removeSubrange(..<start)
      searched -= start
      start = 0
    }
    bytes.append(contentsOf: new)
  }

  mutating func next() -> [UInt8]? {
    let end = bytes[searched...].firstIndex(of: WorkerProtocol.newline)
    if let end, end - start <= bound {
      defer { (start, searched) = (end + 1, end + 1) }
      return Array(bytes[start..<end])
    }
    guard bytes.count - start > bound else {
      searched = bytes.count
      return nil
    }
    overflowed = true
    defer { (start, searched) = (start + bound, start + bound) }
    return Array(bytes[start..<start + bound])
  }

  /// What is left without a line feed; nil when there is nothing.
  mutating func rest() -> [UInt8]? {
    guard start < bytes.count else { return nil }
    defer { (bytes, start, searched) = ([], 0, 0) }
    return Array(bytes[start...])
  }
}
