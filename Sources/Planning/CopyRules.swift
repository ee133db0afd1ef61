internal import Media

/// Which streams can be taken as they are, by what they will be put into: a stream's report in; nil, or the reason why
/// not, out. What only reading tells (edits inside GOPs, parameter sets that change) copying itself finds.
struct CopyRules {
  /// What the copies are for: all of it has to take them.
  enum Destination { case cmaf, transportStream, parts }

  var destinations: [Destination]
  /// nil: all that have a place there.
  var codecs: [Codec]?

  init(ladder: Ladder) {
    codecs = ladder.copyCodecs
    var destinations: [Destination] = []
    if ladder.outputs.contains(.hls) || ladder.outputs.contains(.dash) {
      destinations.append(ladder.segments == .ts ? .transportStream : .cmaf)
    }
    if ladder.outputs.contains(.parts) || ladder.outputs.contains(.mp4) { destinations.append(.parts) }
    self.destinations = destinations
  }

  func fault(_ stream: VideoStream, _ times: PictureTimes?, _ report: SourceReport) -> String? {
    guard !stream.isEncrypted else { return "it is encrypted" }
    guard let codec = Codec(rawValue: stream.common.codec), codec.isVideo else {
      return "\(stream.common.codec) pictures do not play in browsers"
    }
    if let codecs, !codecs.contains(codec) { return "the ladder copies no \(codec.rawValue)" }
    for destination in destinations where !Self.pictures(destination).contains(codec) {
      return "\(codec.rawValue) \(Self.complaint(destination))"
    }
    guard Self.formats(codec).contains(stream.pixelFormat) else {
      return "\(codec.rawValue) with \(stream.pixelFormat) pictures does not play in browsers"
    }
    guard stream.orientation.isUpright else {
      return "it has to be turned to be upright, and players do not turn it"
    }
    guard stream.crop == nil else {
      return "the container cuts off the edges of its pictures, and players of a copy would show them"
    }
    if let rate = stream.frameRate, rate > Rational(Self.mostPictures, 1) {
      return "its timestamps are broken: by them there are \(DecimalText.rate(rate)) pictures a second"
    }
    guard let times, !times.keyframes.values.isEmpty else { return "it has no keyframe to start from" }
    let isBroken = report.faults.contains {
      ($0.stream ?? stream.common.index) == stream.common.index && Self.brokenTimes.contains($0.code)
    }
    return isBroken ? "its timestamps are broken" : nil
  }

  func fault(_ stream: AudioStream, _ report: SourceReport) -> String? {
    guard !stream.isEncrypted else { return "it is encrypted" }
    guard let codec = Codec(rawValue: stream.common.codec), !codec.isVideo else {
      return "\(stream.common.codec) sound does not play in browsers"
    }
    if let codecs, !codecs.contains(codec) { return "the ladder copies no \(codec.rawValue)" }
    for destination in destinations where !Self.sound(destination).contains(codec) {
      return "\(codec.rawValue) \(Self.complaint(destination))"
    }
    let isBroken = report.faults.contains {
      ($0.stream ?? stream.common.index) == stream.common.index && Self.brokenTimes.contains($0.code)
    }
    return isBroken ? "its timestamps are broken" : nil
  }

  /// In a second; no camera's clip that is to be streamed has more.
  private static let mostPictures: Int64 = 300
  private static let brokenTimes = [
    "timestamp-jump", "timestamps-absurd", "timestamps-duplicate", "clock-restarts",
  ]

  /// RFC 8216bis 3.1.1 and 3.1.2, and what Media Source takes.
  private static func pictures(_ destination: Destination) -> [Codec] {
    switch destination {
    case .cmaf, .parts: [.h264, .hevc, .av1, .vp9]
    case .transportStream: [.h264]
    }
  }

  private static func sound(_ destination: Destination) -> [Codec] {
    switch destination {
    case .cmaf: [.aac, .ac3, .eac3, .opus, .flac]
    case .transportStream: [.aac, .ac3, .eac3, .mp3]
    case .parts: [.aac, .opus, .flac]
    }
  }

  private static func complaint(_ destination: Destination) -> String {
    switch destination {
    case .cmaf: "has no place in HLS over fMP4"
    case .transportStream: "has no place in HLS over MPEG-TS"
    case .parts: "in MP4 does not play in browsers"
    }
  }

  private static func formats(_ codec: Codec) -> [String] {
    let eight = ["yuv420p", "yuvj420p"]
    return codec == .h264 ? eight : eight + ["yuv420p10le"]
  }
}
