internal import Media

/// The media of a rendition with the keys that it got.
struct PlacedRendition {
  var media: WrittenRendition
  var version: String
  var keys: [String]
}

/// The playlists of a rendition: their keys, and the highest version that they ask for.
struct PutPlaylists {
  /// nil where HLS is not asked for.
  var media: String?
  var iframes: String?
  var version: Int
}

/// Names what was written and puts the playlists beside it, by the plan's layout.
struct Delivery {
  let plan: Plan
  let target: any DeliveryTarget
  let targetDuration: Int

  /// Gives every media object its name: the version is the hash of all of them.
  func place(_ media: WrittenRendition) throws -> PlacedRendition {
    let version = try target.version(of: media.name)
    var keys: [String] = []
    for (index, object) in media.objects.enumerated() {
      let isInit = !media.isOneFile && media.initRange?.object == index
      let slot: Layout.Slot =
        media.isText ? .text : media.isOneFile ? .file : (isInit ? .`init` : .segment)
      let number = isInit ? 0 : index + (media.hasInit ? 0 : 1)
      let key = try self.key(slot, media.name, version: version, n: number)
      try target.place(object, key: key, type: type(media, isInit), cache: plan.layout.cachePolicy(slot))
      keys.append(key)
    }
    return PlacedRendition(media: media, version: version, keys: keys)
  }

  private func type(_ media: WrittenRendition, _ isInit: Bool) -> ContentType {
    if media.isText { return .webVTT }
    if !media.hasInit { return .transportStream }
    if !isInit && !media.isOneFile { return .segment }
    return media.video == nil ? .audioMP4 : .videoMP4
  }

  func putPlaylists(_ placed: PlacedRendition) throws -> PutPlaylists {
    guard plan.outputs.contains(.hls) else { return PutPlaylists(media: nil, iframes: nil, version: 1) }
    let playlist = MediaPlaylist(keys: placed.keys, rendition: placed.media)
    let key = try self.key(.media, placed.media.name, version: placed.version)
    let media = playlist.segments(key: key, targetDuration: targetDuration)
    try put(media.text, key, .media)
    var result = PutPlaylists(media: key, iframes: nil, version: media.version)
    // A layout without a place for I-frame playlists does without.
    let iframesKey = plan.layout.key(.iframes, rendition: placed.media.name, version: placed.version)
    if let iframesKey, !placed.media.iframes.isEmpty {
      let iframes = playlist.iframes(key: iframesKey)
      try put(iframes.text, iframesKey, .iframes)
      result.iframes = iframesKey
      result.version = max(result.version, iframes.version)
    }
    return result
  }

  func putMaster(records: [RenditionRecord], version: Int) throws {
    let key = try self.key(.master, "", version: "")
    try put(MasterPlaylist(key: key, records: records, version: version).text(), key, .master)
  }

  /// The MPD over the same segments.
  func putDash(_ renditions: [(record: RenditionRecord, placed: PlacedRendition)]) throws {
    let key = try self.key(.dash, "", version: "")
    let manifest = DashManifest(
      key: key, layout: plan.layout, renditions: renditions, targetDuration: targetDuration)
    try target.put(
      Array(manifest.text().utf8), key: key, type: .dash, cache: plan.layout.cachePolicy(.dash))
  }

  private func put(_ text: String, _ key: String, _ slot: Layout.Slot) throws {
    try target.put(Array(text.utf8), key: key, type: .playlist, cache: plan.layout.cachePolicy(slot))
  }

  private func key(_ slot: Layout.Slot, _ rendition: String, version: String, n: Int = 0) throws -> String {
    guard let key = plan.layout.key(slot, rendition: rendition, version: version, n: n) else {
      throw PackagingFailure.layoutLacks(slot)
    }
    return key
  }
}

/// Sums a rendition up for the master playlist, the inventory and the summary.
enum Measuring {
  static func record(
    _ planned: PlannedRendition, _ placed: PlacedRendition, _ playlists: PutPlaylists, targetDuration: Int
  ) throws -> RenditionRecord {
    let media = placed.media
    var codecs: [String] = []
    for format in media.formats {
      guard let codec = CodecString.make(format) else {
        throw PackagingFailure.configuration(rendition: media.name, format.codec)
      }
      codecs.append(codec)
    }
    var record = RenditionRecord(
      name: media.name, kind: media.video == nil ? .audio : .video, codecs: codecs.joined(separator: ","),
      playlist: playlists.media ?? "", version: placed.version, duration: media.end)
    record.segments = media.segments.count
    record.head = head(placed)
    record.bytes = media.bytes
    record.targetDuration = targetDuration
    record.peakBitrate = BitRates.peak(media.segmentPieces, targetDuration: targetDuration)
    record.averageBitrate = BitRates.average(media.segmentPieces)
    if let video = media.video { fill(&record, video, media, playlists) }
    let isCopied = planned.tracks.first?.copied != nil
    record.plannedBitrate = isCopied ? nil : planned.rung?.bitrate ?? planned.audio?.bitrate
    // Of fMP4 the segments themselves say it; H.264 in a transport stream is cut at IDR pictures alone.
    let isIndependent = media.hasInit ? media.sap == 1 : planned.isIndependent
    record.hasIndependentSegments = isIndependent ? nil : false
    record.isCopied = planned.tracks.contains { $0.copied != nil } ? true : nil
    let captions = planned.tracks.flatMap(\.captions)
    record.captions = captions.isEmpty ? nil : captions
    if let audio = media.formats.lazy.compactMap(\.audio).first {
      record.channels = audio.channels
      record.sampleRate = audio.sampleRate
    }
    record.language = planned.audio?.language
    if let audio = planned.audio, media.video == nil {
      record.group = audio.group
      record.label = audio.label
      record.isDefault = audio.isDefault
      record.purpose = audio.purpose
    }
    return record
  }

  /// What a player needs first: the init segment and three segments, or the start of the one file.
  private static func head(_ placed: PlacedRendition) -> [MediaHead] {
    let media = placed.media
    let segments = media.segments.prefix(3).map(\.range)
    if media.isOneFile {
      guard let key = placed.keys.first, let last = segments.last else { return [] }
      return [MediaHead(key: key, bytes: last.offset + last.count)]
    }
    let ranges = (media.initRange.map { [$0] } ?? []) + segments
    return ranges.map { MediaHead(key: placed.keys[$0.object], bytes: $0.count) }
  }

  private static func fill(
    _ record: inout RenditionRecord, _ video: VideoFormat, _ media: WrittenRendition,
    _ playlists: PutPlaylists
  ) {
    record.size = video.size
    record.frameRate = video.frameRate
    record.bitDepth = video.bitDepth
    record.videoRange = video.colour.isPQ ? "PQ" : (video.colour.isHLG ? "HLG" : "SDR")
    guard let iframes = playlists.iframes else { return }
    record.iframePlaylist = iframes
    let pieces = media.iframePieces
    record.iframePeakBitrate = BitRates.peak(
      pieces, targetDuration: PrintedDurations.target(media.iframeMicroseconds))
    record.iframeAverageBitrate = BitRates.average(pieces)
  }
}
