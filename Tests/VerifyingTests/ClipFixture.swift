internal import Foundation
internal import TestKit

/// Whole MP4 files, pictures and packed audio that keep every rule.
extension FileTree {
  static let clip = buildClip()
  static let packed = buildPacked()

  /// A second of pictures and sound with `moov` first.
  static func movie(isLast: Bool = false, firstIsSync: Bool = true) -> [UInt8] {
    let pictures = FragmentBuilder.gop(size: 40).map(\.bytes)
    let sound = FragmentBuilder.sound(47).map(\.bytes)
    let type = box("ftyp", Array("isom".utf8), zeros(4), Array("isom".utf8))
    let media = box("mdat", (pictures + sound).flatMap { $0 })
    func build(_ start: Int) -> [UInt8] {
      let soundStart = start + pictures.reduce(0) { $0 + $1.count }
      let video = track(
        1, "vide", 10, entry(), pictures, duration: 1, at: start, syncs: [firstIsSync ? 1 : 2])
      let audio = track(
        2, "soun", 48000, FragmentBuilder.audioEntry, sound, duration: 1024, at: soundStart, syncs: nil)
      return box("moov", full("mvhd", 0, 0, zeros(8), be(1000, 4), be(1000, 4), zeros(80)), video + audio)
    }
    let size = build(0).count
    return isLast
      ? type + media + build(type.count + 8) : type + build(type.count + size + 8) + media
  }

  private static func entry() -> [UInt8] {
    let head = FragmentBuilder.video(columns: 4, rows: 3)
    let name = Array("avc1".utf8)
    guard let place = head.indices.first(where: { head[$0...].starts(with: name) }) else { return [] }
    let size = head[place - 4..<place].reduce(0) { $0 << 8 | Int($1) }
    return Array(head[place - 4..<place - 4 + size])
  }

  private static func track(
    _ id: Int, _ handler: String, _ timescale: Int, _ entry: [UInt8], _ samples: [[UInt8]], duration: Int,
    at start: Int, syncs: [Int]?
  ) -> [UInt8] {
    let table = box(
      "stbl", full("stsd", 0, 0, be(1, 4), entry),
      full("stts", 0, 0, be(1, 4), be(samples.count, 4), be(duration, 4)),
      syncs.map { full("stss", 0, 0, be($0.count, 4), $0.flatMap { be($0, 4) }) } ?? [],
      full("stsc", 0, 0, be(1, 4), be(1, 4), be(samples.count, 4), be(1, 4)),
      full("stsz", 0, 0, zeros(4), be(samples.count, 4), samples.flatMap { be($0.count, 4) }),
      full("stco", 0, 0, be(1, 4), be(start, 4)))
    return box(
      "trak", full("tkhd", 0, 3, zeros(8), be(id, 4), zeros(4), be(1000, 4), zeros(60)),
      box(
        "mdia", full("mdhd", 0, 0, zeros(8), be(timescale, 4), be(samples.count * duration, 4), zeros(4)),
        full("hdlr", 0, 0, zeros(4), Array(handler.utf8), zeros(13)), box("minf", table)))
  }

  /// As much of a JPEG as says how large it is.
  static func picture(_ width: Int, _ height: Int) -> [UInt8] {
    [0xFF, 0xD8, 0xFF, 0xC0] + be(11, 2) + [8] + be(height, 2) + be(width, 2) + [1, 1, 0x11, 0, 0xFF, 0xD9]
  }

  private static func buildClip() -> FileTree {
    var tree = FileTree()
    let folder = "packaged/clip/"
    tree.files[folder + "video_480.mp4"] = movie()
    tree.files[folder + "poster.jpg"] = picture(64, 48)
    tree.files[folder + "video.json"] = Array(
      "{\"videoId\": \"clip\", \"duration\": 1.0, \"renditions\": {\"480p\": \"video_480.mp4\"}, \"poster\": \"poster.jpg\"}"
        .utf8)
    tree.files[folder + "images/storyboard-001.jpg"] = picture(32, 12)
    tree.files[folder + "images/storyboard.vtt"] = Array(
      "WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nstoryboard-001.jpg#xywh=0,0,16,12\n\n00:00:00.500 --> 00:00:01.000\nstoryboard-001.jpg#xywh=16,0,16,12\n"
        .utf8)
    tree.files[folder + "images/storyboard.m3u8"] = Array(
      ("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        + "#EXT-X-IMAGES-ONLY\n#EXTINF:1.000000,\n#EXT-X-TILES:RESOLUTION=16x12,LAYOUT=2x1,DURATION=0.5\n"
        + "storyboard-001.jpg\n#EXT-X-ENDLIST\n").utf8)
    tree.seal()
    return tree
  }

  /// An ID3 tag with the time, then 47 AAC frames of 48 kHz.
  static func packedSegment(_ ticks: Int) -> [UInt8] {
    let owner = Array("com.apple.streaming.transportStreamTimestamp".utf8) + [0]
    let priv = Array("PRIV".utf8) + be(owner.count + 8, 4) + [0, 0] + owner + be(ticks, 8)
    let tag = [0x49, 0x44, 0x33, 4, 0, 0] + be(priv.count, 4) + priv
    let frame: [UInt8] = [0xFF, 0xF1, 0x4C, 0x80, 0x03, 0x7F, 0xFC] + Array(repeating: 0x21, count: 20)
    return tag + (0..<47).flatMap { _ in frame }
  }

  private static func buildPacked() -> FileTree {
    FileTree(files: [
      "index.m3u8": Array(
        ("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:1.002667,\n1.aac\n"
          + "#EXTINF:1.002667,\n2.aac\n#EXT-X-ENDLIST\n").utf8),
      "1.aac": packedSegment(900_000), "2.aac": packedSegment(990_240),
    ])
  }

  /// A `sidx` that describes a segment of two seconds, all but its `styp`.
  static func index(of tree: FileTree, _ path: String, duration: Int = 20) -> [UInt8] {
    let size = (tree.files[path]?.count ?? 0) - FragmentBuilder.segmentType.count
    return full(
      "sidx", 0, 0, be(1, 4), be(10, 4), zeros(8), zeros(2), be(1, 2), be(size, 4), be(duration, 4),
      be(0x9000_0000, 4))
  }
}
