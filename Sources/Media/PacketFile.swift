internal import Foundation

/// How a packet file can be wrong.
package enum PacketFileFailure: Error, Equatable, Sendable {
  case cannotOpen(path: String, errno: Int32)
  case cannotWrite(path: String, errno: Int32)
  /// Not the bytes that were written: cut short, altered, or something else.
  case damaged(path: String, what: String)
}

/// Writes a track of coded samples to one file in the order given: a header with the format, then records.
///
/// Layout, little-endian: `RUNGPKT1`, u32 length, TrackFormat as JSON; for each sample u32 payload length,
/// u32 flags (1 sync, 2 payload is a range of the source), i64 presentation, i64 decode, i64 duration, then the
/// payload (for a range: i64 offset); at last a record of length 0xFFFFFFFF with the number of samples as
/// presentation, so that a file cut short is told from a whole one.
package final class PacketFileWriter {
  private static let flushAt = 1 << 18
  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var samples: Int64 = 0

  package init(path: String, format: TrackFormat) throws(PacketFileFailure) {
    self.path = path
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, errno: errno) }
    buffer.reserveCapacity(Self.flushAt + (1 << 16))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let header = try? encoder.encode(format) else { throw .damaged(path: path, what: "format") }
    buffer.append(contentsOf: PacketFileReader.magic)
    buffer.appendLittleEndian(UInt32(header.count))
    buffer.append(contentsOf: header)
  }

  deinit { close(descriptor) }

  package func append(_ sample: CodedSample) throws(PacketFileFailure) {
    var flags: UInt32 = sample.isSync ? 1 : 0
    if case .source = sample.payload { flags |= 2 }
    guard let count = UInt32(exactly: sample.payload.count), count < UInt32.max else {
      throw .damaged(path: path, what: "a sample of \(sample.payload.count) bytes")
    }
    record(count, flags, sample.presentation, sample.decode, sample.duration)
    switch sample.payload {
    case .bytes(let bytes): buffer.append(contentsOf: bytes)
    case .source(let offset, _): buffer.appendLittleEndian(UInt64(bitPattern: offset))
    }
    samples += 1
    if buffer.count >= Self.flushAt { try flush() }
  }

  /// Writes the end mark. A file without it is damaged to a reader.
  package func finish() throws(PacketFileFailure) {
    record(UInt32.max, 0, samples, 0, 0)
    try flush()
  }

  private func record(_ count: UInt32, _ flags: UInt32, _ a: Int64, _ b: Int64, _ c: Int64) {
    buffer.appendLittleEndian(count)
    buffer.appendLittleEndian(flags)
    buffer.appendLittleEndian(UInt64(bitPattern: a))
    buffer.appendLittleEndian(UInt64(bitPattern: b))
    buffer.appendLittleEndian(UInt64(bitPattern: c))
  }

  private func flush() throws(PacketFileFailure) {
    var done = 0
    while done < buffer.count {
      let wrote = unsafe buffer.withUnsafeBytes { bytes in
        unsafe write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if wrote < 0, errno == EINTR { continue }
      guard wrote > 0 else { throw .cannotWrite(path: path, errno: errno) }
      done += wrote
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Reads a packet file sample by sample, with a bounded buffer.
package final class PacketFileReader: SampleSource {
  fileprivate static let magic = Array("RUNGPKT1".utf8)
  private static let recordBytes = 32
  private static let longestSample = 1 << 28

  package let format: TrackFormat
  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var position = 0
  private var samples: Int64 = 0
  private var isAtEnd = false

  package init(path: String) throws(PacketFileFailure) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, errno: errno) }
    var first: [UInt8] = []
    do throws(PacketFileFailure) {
      first = try Self.read(descriptor, path, 12)
      guard first.count == 12, first.starts(with: Self.magic) else {
        throw PacketFileFailure.damaged(path: path, what: "no packet file")
      }
      let length = Int(first.littleEndian32(at: 8))
      guard length < 1 << 20 else { throw PacketFileFailure.damaged(path: path, what: "header") }
      let header = try Self.read(descriptor, path, length)
      guard header.count == length,
        let format = try? JSONDecoder().decode(TrackFormat.self, from: Data(header))
      else { throw PacketFileFailure.damaged(path: path, what: "header") }
      self.format = format
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  package func next() throws(PacketFileFailure) -> CodedSample? {
    if isAtEnd { return nil }
    try fill(Self.recordBytes)
    let count = buffer.littleEndian32(at: position)
    let flags = buffer.littleEndian32(at: position + 4)
    let presentation = Int64(bitPattern: buffer.littleEndian64(at: position + 8))
    let decode = Int64(bitPattern: buffer.littleEndian64(at: position + 16))
    let duration = Int64(bitPattern: buffer.littleEndian64(at: position + 24))
    position += Self.recordBytes
    if count == UInt32.max {
      guard presentation == samples else { throw .damaged(path: path, what: "number of samples") }
      isAtEnd = true
      return nil
    }
    guard count < Self.longestSample else { throw .damaged(path: path, what: "sample length") }
    samples += 1
    let payload: CodedSample.Payload
    if flags & 2 != 0 {
      try fill(8)
      payload = .source(offset: Int64(bitPattern: buffer.littleEndian64(at: position)), count: Int(count))
      position += 8
    } else {
      try fill(Int(count))
      payload = .bytes(Array(buffer[position..<position + Int(count)]))
      position += Int(count)
    }
    return CodedSample(
      presentation: presentation, decode: decode, duration: duration, isSync: flags & 1 != 0, payload: payload
    )
  }

  /// Makes `count` bytes available at `position`.
  private func fill(_ count: Int) throws(PacketFileFailure) {
    let available = buffer.count - position
    if available >= count { return }
    buffer.removeSubrange(..<position)
    position = 0
    buffer.append(contentsOf: try Self.read(descriptor, path, max(count - available, 1 << 18)))
    if buffer.count < count { throw .damaged(path: path, what: "cut short") }
  }

  /// Up to `count` bytes; fewer only at the end of the file.
  private static func read(_ descriptor: Int32, _ path: String, _ count: Int) throws(PacketFileFailure)
    -> [UInt8]
  {
    var failed: Int32 = 0
    let result = unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
      filled = 0
      while filled < count {
        let got = unsafe Foundation.read(descriptor, bytes.baseAddress?.advanced(by: filled), count - filled)
        if got < 0, errno == EINTR { continue }
        if got < 0 { failed = errno }
        if got <= 0 { return }
        filled += got
      }
    }
    if failed != 0 { throw .cannotOpen(path: path, errno: failed) }
    return result
  }
}

extension [UInt8] {
  fileprivate mutating func appendLittleEndian(_ value: UInt32) {
    for shift in stride(from: 0, to: 32, by: 8) { append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }

  fileprivate mutating func appendLittleEndian(_ value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
  }

  fileprivate func littleEndian32(at index: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[index + $1]) << UInt32(8 * $1) }
  }

  fileprivate func littleEndian64(at index: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(self[index + $1]) << UInt64(8 * $1) }
  }
}

/// Several packet files one after another as one track: the chunks of a rendition.
package final class PacketFileChain: SampleSource {
  package let format: TrackFormat
  private var paths: ArraySlice<String>
  private var current: PacketFileReader

  /// Every file must have the format of the first: parameter sets that differ cannot share one init segment.
  package init(paths: [String]) throws(PacketFileFailure) {
    guard let first = paths.first else { throw .damaged(path: "", what: "no chunks") }
    current = try PacketFileReader(path: first)
    format = current.format
    self.paths = paths.dropFirst()
  }

  package func next() throws -> CodedSample? {
    while true {
      if let sample = try current.next() { return sample }
      guard let path = paths.popFirst() else { return nil }
      current = try PacketFileReader(path: path)
      guard current.format.configuration == format.configuration else {
        throw PacketFileFailure.damaged(path: path, what: "parameter sets differ from the first chunk's")
      }
    }
  }
}
