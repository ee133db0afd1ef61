internal import LibAV
internal import Media

/// Reads sample payloads that lie in the source file itself: what copying hands in, so that a sample needs no
/// copy of its own before it is written.
package protocol SourceBytes: AnyObject {
  func bytes(offset: Int64, count: Int) throws -> [UInt8]
  /// Several ranges, one after another, as one block.
  func bytes(_ ranges: [SourceRange]) throws -> [UInt8]
  /// As many bytes as `buffer` holds, from `offset` on.
  func read(offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws
}

/// A range of the source file.
package struct SourceRange: Sendable, Equatable {
  package var offset: Int64
  package var count: Int

  package init(offset: Int64, count: Int) {
    self.offset = offset
    self.count = count
  }
}

extension SourceBytes {
  package func bytes(_ ranges: [SourceRange]) throws -> [UInt8] {
    var result: [UInt8] = []
    for range in ranges { result += try bytes(offset: range.offset, count: range.count) }
    return result
  }

  package func read(offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws {
    let bytes = try bytes(offset: offset, count: buffer.count)
    unsafe buffer.copyBytes(from: bytes.prefix(buffer.count))
  }
}

/// Payloads wherever they are.
struct PayloadReader {
  var rendition: String
  var source: (any SourceBytes)?

  func bytes(_ sample: CodedSample) throws -> [UInt8] {
    switch sample.payload {
    case .bytes(let bytes): return bytes
    case .source(let offset, let count):
      guard let source else { throw PackagingFailure.sampleInSource(rendition: rendition) }
      return try source.bytes(offset: offset, count: count)
    }
  }

  /// A packet with the payload and nothing else; from the source the bytes go straight into it.
  func packet(_ sample: CodedSample) throws -> Packet {
    switch sample.payload {
    case .bytes(let bytes): return try Packet.copying(bytes)
    case .source(let offset, let count):
      guard let source else { throw PackagingFailure.sampleInSource(rendition: rendition) }
      return try unsafe Packet.filled(count) { try unsafe source.read(offset: offset, into: $0) }
    }
  }

  /// All payloads in order, in blocks: neighbours in the source are one range, and a block holds many ranges, so that
  /// a sample costs no call and no buffer of its own.
  func blocks(_ payloads: [CodedSample.Payload], _ body: ([UInt8]) throws -> Void) throws {
    var ranges: [SourceRange] = []
    var pending = 0
    var inline: [UInt8] = []
    func flushRanges() throws {
      if ranges.isEmpty { return }
      guard let source else { throw PackagingFailure.sampleInSource(rendition: rendition) }
      try body(try source.bytes(ranges))
      ranges.removeAll(keepingCapacity: true)
      pending = 0
    }
    func flushInline() throws {
      if !inline.isEmpty { try body(inline) }
      inline.removeAll(keepingCapacity: true)
    }
    for payload in payloads {
      switch payload {
      case .bytes(let bytes):
        try flushRanges()
        inline += bytes
        if inline.count >= Self.block { try flushInline() }
      case .source(var offset, var rest):
        try flushInline()
        while rest > 0 {
          let count = min(rest, Self.block - pending)
          if let last = ranges.last, last.offset + Int64(last.count) == offset {
            ranges[ranges.count - 1].count += count
          } else {
            ranges.append(SourceRange(offset: offset, count: count))
          }
          pending += count
          offset += Int64(count)
          rest -= count
          if pending >= Self.block { try flushRanges() }
        }
      }
    }
    try flushRanges()
    try flushInline()
  }

  /// What a media object takes without gathering, and small enough to stay in a core's cache while it is hashed.
  private static let block = 1 << 18
}
