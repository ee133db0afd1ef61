internal import Foundation
internal import TestKit
internal import Verifying

/// A finished tree in memory that keeps every rule; tests break one thing of it, write it out and verify it.
typealias TreeFixture = FileTree

/// Stands in for SHA-256, which comes from outside of the module.
final class TestDigest: RunningHash {
  private var bytes: [UInt8] = []
  func update(_ bytes: UnsafeRawBufferPointer) throws { unsafe self.bytes.append(contentsOf: bytes) }
  func finish() throws -> String { testHash(bytes) }
}

extension FileTree {
  static let version = "0a1b2c3d"
  static let cmaf = build(transport: false)
  static let transport = build(transport: true)

  // MARK: Verifying

  static var options: VerifyOptions {
    var options = VerifyOptions()
    options.makeHash = { TestDigest() }
    return options
  }

  /// Writes the tree into a folder of its own, verifies it and removes it.
  func verify(
    _ path: String = "", deep: Bool = false, options: VerifyOptions = FileTree.options,
    prepare: (String) throws -> Void = { _ in }
  ) throws -> VerificationReport {
    try onDisk { root in
      try prepare(root)
      var options = options
      options.deep = deep
      return Verifier.verify(path: path.isEmpty ? root : root + "/" + path, options: options)
    }
  }

  // MARK: Inventory

  /// Lists what is there now in `packaged/clip/asset.json`.
  mutating func seal() {
    files["packaged/clip/asset.json"] = nil
    let wholes = files.keys.filter { $0.contains("/video_") && $0.hasSuffix(".mp4") }.sorted()
    let renditions = wholes.map { "{\"name\": \"480p\", \"file\": \"\($0)\"}" }.joined(separator: ", ")
    let types = [
      "m3u8": "application/vnd.apple.mpegurl", "m4s": "video/iso.segment", "ts": "video/mp2t",
      "json": "application/json", "mpd": "application/dash+xml",
      "mp4": "video/mp4", "vtt": "text/vtt", "jpg": "image/jpeg", "aac": "audio/aac",
    ]
    let objects = files.sorted { $0.key < $1.key }.map { key, bytes in
      let kind = (key as NSString).pathExtension
      let isVersioned = key.contains(Self.version)
      let cache = isVersioned ? "public, max-age=31536000, immutable" : "public, max-age=60, s-maxage=300"
      return """
          {"key": "\(key)", "bytes": \(bytes.count), "sha256": "\(testHash(bytes))",
           "content_type": "\(types[kind] ?? "")", "cache_control": "\(cache)"}
        """
    }
    let text = """
      {"schema": 1, "id": "clip", "source": {"name": "clip.mov", "bytes": 5},
       "ladder": {"name": "default"}, "made_by": {"tool": "0.1.0"}, "renditions": [\(renditions)],
       "objects": [
      \(objects.joined(separator: ",\n"))
      ]}
      """
    files["packaged/clip/asset.json"] = Array(text.utf8)
  }

  // MARK: Building

  private static let hls = "packaged/clip/hls/"

  private static func build(transport: Bool) -> TreeFixture {
    var tree = TreeFixture()
    if transport { tree.addTransport() } else { tree.addCMAF() }
    if !transport { tree.addParts() }
    tree.seal()
    return tree
  }

  private static func header(_ version: Int, target: Int) -> String {
    "#EXTM3U\n#EXT-X-VERSION:\(version)\n#EXT-X-TARGETDURATION:\(target)\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
  }

  private struct Rate {
    var peak: Int
    var average: Int
  }

  /// `micros` is each EXTINF in microseconds.
  private static func rate(_ sizes: [Int], _ micros: [Int]) -> Rate {
    let up = { (bytes: Int, time: Int) in (bytes * 8_000_000 + time - 1) / time }
    return Rate(
      peak: zip(sizes, micros).map(up).max() ?? 0, average: up(sizes.reduce(0, +), micros.reduce(0, +)))
  }

  private static func extinf(_ micros: Int) -> String {
    let fraction = String(micros % 1_000_000)
    return "#EXTINF:\(micros / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction),\n"
  }

  private mutating func addCMAF() {
    var rates: [String: Rate] = [:]
    var frames: [String: Rate] = [:]
    for (name, columns, size) in [("720p", 4, 60), ("240p", 2, 20)] {
      (rates[name], frames[name]) = addVideo(name, columns, size)
    }
    let sound = addAudio()
    var master = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
    master += "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,"
    master += "AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio-aac-2-en/index.m3u8\"\n"
    for (name, size) in [("720p", "64x48"), ("240p", "32x24")] {
      guard let rate = rates[name], let frame = frames[name] else { continue }
      master +=
        "#EXT-X-STREAM-INF:BANDWIDTH=\(rate.peak + sound.peak),AVERAGE-BANDWIDTH=\(rate.average + sound.average),"
      master +=
        "CODECS=\"avc1.42c00a,mp4a.40.2\",RESOLUTION=\(size),FRAME-RATE=10.000,AUDIO=\"aac\"\n\(name)/index.m3u8\n"
      master += "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=\(frame.peak),AVERAGE-BANDWIDTH=\(frame.average),"
      master += "CODECS=\"avc1.42c00a\",RESOLUTION=\(size),URI=\"\(name)/iframes.m3u8\"\n"
    }
    master +=
      "#EXT-X-STREAM-INF:BANDWIDTH=\(sound.peak),AVERAGE-BANDWIDTH=\(sound.average),CODECS=\"mp4a.40.2\","
    master += "AUDIO=\"aac\"\naudio-aac-2-en/index.m3u8\n"
    files[Self.hls + "master.m3u8"] = Array(master.utf8)
  }

  private mutating func addVideo(_ name: String, _ columns: Int, _ size: Int) -> (Rate, Rate) {
    let folder = Self.hls + name + "/"
    files[folder + "init-\(Self.version).mp4"] = FragmentBuilder.video(
      columns: columns, rows: columns == 4 ? 3 : 2)
    let map = "#EXT-X-MAP:URI=\"init-\(Self.version).mp4\"\n"
    var index = Self.header(6, target: 2) + map
    var iframes = Self.header(5, target: 1) + "#EXT-X-I-FRAMES-ONLY\n" + map
    var (sizes, frames): ([Int], [Int]) = ([], [])
    for number in 0..<3 {
      let file = "seg-\(Self.version)-0000\(number + 1).m4s"
      var bytes = FragmentBuilder.segmentType
      for gop in [number * 2, number * 2 + 1] {
        let samples = FragmentBuilder.gop(size: size)
        let fragment = FragmentBuilder.fragment(gop + 1, [(1, gop * 10, samples)])
        let media = samples.reduce(0) { $0 + $1.bytes.count }
        let range = fragment.count - media + samples[0].bytes.count
        iframes += Self.extinf(1_000_000) + "#EXT-X-BYTERANGE:\(range)@\(bytes.count)\n\(file)\n"
        frames.append(range)
        bytes += fragment
      }
      files[folder + file] = bytes
      sizes.append(bytes.count)
      index += Self.extinf(2_000_000) + file + "\n"
    }
    files[folder + "index.m3u8"] = Array((index + "#EXT-X-ENDLIST\n").utf8)
    files[folder + "iframes.m3u8"] = Array((iframes + "#EXT-X-ENDLIST\n").utf8)
    return (
      Self.rate(sizes, [2_000_000, 2_000_000, 2_000_000]), Self.rate(frames, frames.map { _ in 1_000_000 })
    )
  }

  private mutating func addAudio() -> Rate {
    let folder = Self.hls + "audio-aac-2-en/"
    files[folder + "init-\(Self.version).mp4"] = FragmentBuilder.audio()
    var index = Self.header(6, target: 2) + "#EXT-X-MAP:URI=\"init-\(Self.version).mp4\"\n"
    var (time, sizes, micros): (Int, [Int], [Int]) = (0, [], [])
    for (number, frames) in [95, 94, 94].enumerated() {
      let bytes =
        FragmentBuilder.segmentType
        + FragmentBuilder.fragment(number + 1, [(1, time, FragmentBuilder.sound(frames))])
      let file = "seg-\(Self.version)-0000\(number + 1).m4s"
      files[folder + file] = bytes
      time += frames * 1024
      sizes.append(bytes.count)
      micros.append((frames * 1024 * 1000 + 24) / 48)
      index += Self.extinf(micros[number]) + file + "\n"
    }
    files[folder + "index.m3u8"] = Array((index + "#EXT-X-ENDLIST\n").utf8)
    return Self.rate(sizes, micros)
  }

  private mutating func addTransport() {
    let folder = Self.hls + "720p/"
    var builder = TransportBuilder()
    var index = Self.header(3, target: 2)
    var iframes = Self.header(4, target: 1) + "#EXT-X-I-FRAMES-ONLY\n"
    var (sizes, frames, sound): ([Int], [Int], Int) = ([], [], 900_000)
    for (number, count) in [94, 94, 94].enumerated() {
      let file = "seg-\(Self.version)-0000\(number + 1).ts"
      let bytes = builder.segment(time: 900_000 + number * 180_000, size: 300, sound: sound, frames: count)
      sound += count * 1920
      files[folder + file] = bytes
      sizes.append(bytes.count)
      index += Self.extinf(2_000_000) + file + "\n"
      for range in TransportBuilder.keyframes(bytes) {
        iframes += Self.extinf(1_000_000) + "#EXT-X-BYTERANGE:\(range.count)@\(range.lowerBound)\n\(file)\n"
        frames.append(range.count)
      }
    }
    files[folder + "index.m3u8"] = Array((index + "#EXT-X-ENDLIST\n").utf8)
    files[folder + "iframes.m3u8"] = Array((iframes + "#EXT-X-ENDLIST\n").utf8)
    let frame = Self.rate(frames, frames.map { _ in 1_000_000 })
    let rate = Self.rate(sizes, [2_000_000, 2_000_000, 2_000_000])
    let master =
      "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:BANDWIDTH=\(rate.peak),"
      + "AVERAGE-BANDWIDTH=\(rate.average),CODECS=\"avc1.42c00a,mp4a.40.2\",RESOLUTION=64x48,FRAME-RATE=10.000\n"
      + "720p/index.m3u8\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=\(frame.peak),AVERAGE-BANDWIDTH=\(frame.average),"
      + "CODECS=\"avc1.42c00a\",RESOLUTION=64x48,URI=\"720p/iframes.m3u8\"\n"
    files[Self.hls + "master.m3u8"] = Array(master.utf8)
  }

  private mutating func addParts() {
    let folder = "packaged/clip/parts/"
    let set = FragmentBuilder.video(columns: 4, rows: 3)
    let entry = TreeFixture.entry(set)
    let head = FragmentBuilder.head(
      brand: "iso6",
      tracks: [
        FragmentBuilder.track(1, "vide", 10, entry, edit: nil),
        FragmentBuilder.track(2, "soun", 48000, FragmentBuilder.audioEntry, edit: 1024),
      ])
    var items: [String] = []
    for number in 0..<2 {
      var bytes = head
      var rows: [String] = []
      for gop in [number * 2, number * 2 + 1] {
        let fragment = FragmentBuilder.fragment(
          gop + 1,
          [(1, gop * 10, FragmentBuilder.gop(size: 30)), (2, gop * 48128, FragmentBuilder.sound(47))])
        rows.append("[\(gop).0, \(bytes.count), \(fragment.count)]")
        bytes += fragment
      }
      let file = "part-\(Self.version)-0000\(number + 1).mp4"
      files[folder + file] = bytes
      items.append(
        """
        {"url": "\(file)", "bytes": \(bytes.count), "sha256": "\(testHash(bytes))", "start": \(number * 2).0,
         "duration": 2.0, "init_bytes": \(head.count), "type": "video/mp4; codecs=\\"avc1.42c00a,mp4a.40.2\\"",
         "fragments": [\(rows.joined(separator: ", "))]}
        """)
    }
    files[folder + "manifest.json"] = Array("[\(items.joined(separator: ",\n"))]\n".utf8)
  }

  /// The sample entry out of an init segment.
  private static func entry(_ head: [UInt8]) -> [UInt8] {
    let name = Array("avc1".utf8)
    guard let place = head.indices.first(where: { head[$0...].starts(with: name) }) else { return [] }
    let size = head[place - 4..<place].reduce(0) { $0 << 8 | Int($1) }
    return Array(head[place - 4..<place - 4 + size])
  }
}
