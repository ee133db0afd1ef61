package import Media

/// One track to go into parts.
package struct PartTrack {
  package var name: String
  /// BCP 47 of sound.
  package var language: String?
  package var open: () throws -> any SampleSource

  package init(
    name: String, language: String? = nil, open: @escaping () throws -> any SampleSource
  ) {
    self.name = name
    self.language = language
    self.open = open
  }
}

/// What splitting made.
package struct PackagedParts: Sendable, Equatable {
  package var record: RenditionRecord
  /// The key of `manifest.json`.
  package var manifest: String
}

/// Splits one asset into parts: a picture track, a sound track or both come in; files of at most `partBytes` and their
/// manifest go out to a delivery target.
///
/// Every part is the same init segment, then whole fragments of one GOP each, with absolute decode times, the first
/// sample a sync sample; so each plays alone, and all append in order (hls-checklist 23). At most one GOP's sample
/// table is in memory, and of payloads in the source a block.
package struct PartsPackager {
  /// The name under which the parts are hashed together, and that of their record.
  package static let rendition = "parts"

  private let limit: Int64
  private let initSegment: [UInt8]
  private let payloads: PayloadReader
  private let target: any DeliveryTarget
  private var parts: [WrittenPart] = []
  private var open: Open?
  private var sequence: UInt32 = 0

  private struct Open {
    var sink: any MediaSink
    var bytes: Int64
    var start: MediaTime
    var end: MediaTime
    var rows: [WrittenPart.Row]
  }

  private init(limit: Int64, initSegment: [UInt8], payloads: PayloadReader, target: any DeliveryTarget) {
    self.limit = limit
    self.initSegment = initSegment
    self.payloads = payloads
    self.target = target
  }

  /// `tracks` has the pictures first, if there are any. `baseURL` goes before the parts' keys; without it addresses
  /// are relative to the manifest.
  package static func package(
    plan: Plan, tracks: [PartTrack], partBytes: Int64, baseURL: String? = nil,
    source: (any SourceBytes)? = nil, into target: any DeliveryTarget,
    progress: (MediaTime) -> Void = { _ in }
  ) throws -> PackagedParts {
    guard !tracks.isEmpty else { throw PartsFailure.noTracks }
    let fragmenter = try PartFragmenter(tracks)
    let payloads = PayloadReader(rendition: rendition, source: source)
    let head = try PartInit.make(
      fragmenter, languages: tracks.map { LanguageCode.threeLetters($0.language) }, payloads: payloads)
    var packager = PartsPackager(limit: partBytes, initSegment: head, payloads: payloads, target: target)
    while let fragment = try fragmenter.next() {
      try packager.write(fragment)
      progress(fragment.end)
    }
    try packager.close()
    return try packager.deliver(plan, fragmenter.formats, tracks, baseURL: baseURL)
  }

  private mutating func write(_ fragment: PartFragment) throws {
    sequence &+= 1
    let runs = fragment.tracks.enumerated().compactMap { index, track -> TrackRun? in
      guard !track.samples.isEmpty, let base = UInt64(exactly: track.baseDecodeTime) else { return nil }
      return TrackRun(track: UInt32(index + 1), baseDecodeTime: base, samples: track.samples)
    }
    let all = Int64(initSegment.count) + fragment.payloadBytes
    guard let head = FragmentWriter.head(sequence: sequence, runs: runs), all + Int64(head.count) <= limit
    else { throw PartsFailure.tooLargeGOP(at: fragment.start, bytes: all, limit: limit) }
    let bytes = Int64(head.count) + fragment.payloadBytes
    if let open, open.bytes + bytes > limit { try close() }
    var part: Open
    if let open {
      part = open
    } else {
      let sink = try target.open(rendition: Self.rendition)
      try sink.write(initSegment)
      part = Open(
        sink: sink, bytes: Int64(initSegment.count), start: fragment.start, end: fragment.end, rows: [])
    }
    try part.sink.write(head)
    for track in fragment.tracks { try payloads.blocks(track.payloads) { try part.sink.write($0) } }
    part.rows.append(.init(start: fragment.start, offset: part.bytes, bytes: bytes))
    part.bytes += bytes
    part.end = fragment.end
    open = part
  }

  private mutating func close() throws {
    guard let part = open else { return }
    open = nil
    parts.append(
      WrittenPart(
        object: try part.sink.finish(), initBytes: Int64(initSegment.count), start: part.start, end: part.end,
        fragments: part.rows))
  }

  private func deliver(
    _ plan: Plan, _ formats: [TrackFormat], _ tracks: [PartTrack], baseURL: String?
  ) throws -> PackagedParts {
    let version = try target.version(of: Self.rendition)
    let layout = plan.layout
    guard let manifest = layout.key(.partsManifest) else {
      throw PackagingFailure.layoutLacks(.partsManifest)
    }
    let codecs = try formats.map { format in
      guard let codec = CodecString.make(format) else {
        throw PackagingFailure.configuration(rendition: Self.rendition, format.codec)
      }
      return codec
    }
    let hasPictures = formats.contains { $0.codec.isVideo }
    var urls: [String] = []
    for (index, part) in parts.enumerated() {
      guard let key = layout.key(.part, version: version, n: index + 1) else {
        throw PackagingFailure.layoutLacks(.part)
      }
      try target.place(
        part.object, key: key, type: hasPictures ? .videoMP4 : .audioMP4, cache: layout.cachePolicy(.part))
      urls.append(Self.address(key, manifest, baseURL))
    }
    let type = "\(hasPictures ? "video" : "audio")/mp4; codecs=\"\(codecs.joined(separator: ","))\""
    try target.put(
      Array(PartsManifest.text(parts, urls: urls, type: type).utf8), key: manifest, type: .json,
      cache: layout.cachePolicy(.partsManifest))
    return PackagedParts(
      record: record(manifest, version, codecs.joined(separator: ","), formats, tracks), manifest: manifest)
  }

  private static func address(_ key: String, _ manifest: String, _ baseURL: String?) -> String {
    guard let baseURL, !baseURL.isEmpty else { return Layout.relative(key, from: manifest) }
    return (baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL) + "/" + key
  }

  private func record(
    _ manifest: String, _ version: String, _ codecs: String, _ formats: [TrackFormat], _ tracks: [PartTrack]
  ) -> RenditionRecord {
    let end = parts.last?.end ?? .zero
    var record = RenditionRecord(
      name: Self.rendition, kind: .parts, codecs: codecs, playlist: manifest, version: version, duration: end)
    record.segments = parts.count
    record.bytes = parts.reduce(0) { $0 + $1.object.bytes }
    let pieces = parts.map {
      BitRates.Piece(
        bytes: $0.object.bytes,
        microseconds: $0.end.ticks(in: PrintedDurations.unit) &- $0.start.ticks(in: PrintedDurations.unit))
    }
    record.averageBitrate = BitRates.average(pieces)
    record.peakBitrate = fragmentPeak()
    if let video = formats.lazy.compactMap(\.video).first {
      record.size = video.size
      record.frameRate = video.frameRate
      record.bitDepth = video.bitDepth
      record.videoRange = video.colour.isPQ ? "PQ" : (video.colour.isHLG ? "HLG" : "SDR")
    }
    if let audio = formats.lazy.compactMap(\.audio).first {
      record.channels = audio.channels
      record.sampleRate = audio.sampleRate
    }
    record.language = tracks.lazy.compactMap(\.language).first
    return record
  }

  /// Over runs of about six seconds, as of segments.
  private func fragmentPeak() -> Int64 {
    var pieces: [BitRates.Piece] = []
    for part in parts {
      let starts = part.fragments.map(\.start) + [part.end]
      for (index, row) in part.fragments.enumerated() {
        let length =
          starts[index + 1].ticks(in: PrintedDurations.unit) &- row.start.ticks(in: PrintedDurations.unit)
        pieces.append(BitRates.Piece(bytes: row.bytes, microseconds: length))
      }
    }
    return BitRates.peak(pieces, targetDuration: 6)
  }
}
