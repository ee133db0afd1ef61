internal import Foundation
internal import Synchronization
internal import TestKit
internal import Testing

/// All tests of the built command, one after another: each keeps the cores busy by itself.
@Suite(.serialized) enum EndToEnd {}

/// The command under test: arguments in, what it left behind out.
enum Rung {
  static let tiny = Checkout.path("Tests/EndToEndTests/Ladders/tiny.json")

  static func run(_ arguments: [String], timeout: Double = 120) throws -> CommandResult {
    try Shell.run(Binary.rung, arguments, timeout: timeout)
  }

  /// Packages with the small ladder unless another is named.
  static func package(
    _ source: String, into tree: String, id: String = "clip", ladder: String = tiny, _ more: [String] = []
  ) throws -> CommandResult {
    try run(["package", source, "--into", tree, "--id", id, "--ladder", ladder] + more, timeout: 180)
  }
}

/// A finished asset in a tree.
struct Asset {
  var tree: String
  var id: String

  var folder: String { "\(tree)/packaged/\(id)" }
  var master: String { "\(folder)/hls/master.m3u8" }

  func path(_ key: String) -> String { "\(tree)/\(key)" }
  func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  /// `asset.json` as it was parsed.
  func document() throws -> [String: Any] { try JSON.object(text("\(folder)/asset.json")) }

  func renditions() throws -> [[String: Any]] {
    try #require(try document()["renditions"] as? [[String: Any]])
  }

  /// The media playlists of one kind, by the rendition's name.
  func playlists(_ kind: String) throws -> [(name: String, path: String)] {
    try renditions().filter { $0["kind"] as? String == kind }.map { rendition in
      (
        try #require(rendition["name"] as? String),
        path(try #require(rendition["playlist"] as? String))
      )
    }
  }

  /// Every playlist of the asset.
  var allPlaylists: [String] {
    TreeDump.files(folder).filter { $0.hasSuffix(".m3u8") }.map { "\(folder)/\($0)" }
  }
}

/// Assets that several tests look at: packaged once, kept beside the binary until the next run of the tests.
enum Packaged {
  private static let made = Mutex<[String: Asset]>([:])
  private static let root: String = {
    let folder = URL(fileURLWithPath: Binary.rung).deletingLastPathComponent().path + "/end-to-end"
    try? FileManager.default.removeItem(atPath: folder)
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }()

  static func asset(_ fixture: String, _ segments: String = "fmp4") throws -> Asset {
    try asset(fixture, segments, ["--ladder", Rung.tiny, "--segments", segments])
  }

  private static func asset(_ fixture: String, _ kind: String, _ options: [String]) throws -> Asset {
    let key = "\(kind)-\(fixture)"
    return try made.withLock { made in
      if let asset = made[key] { return asset }
      let asset = Asset(tree: "\(root)/\(key)", id: "clip")
      let result = try Rung.run(
        ["package", Fixture.path(fixture), "--into", asset.tree, "--id", "clip"] + options, timeout: 180)
      try #require(result.exit == 0, "\(key): \(result)")
      made[key] = asset
      return asset
    }
  }
}

extension Packaged {
  /// `dark-start.mp4` as `rung package --ladder NAME` makes it, with an upload that is kept for the feed.
  static func preset(_ name: String) throws -> Asset {
    let more = name == "feed" ? ["--keep-source"] : []
    return try asset(
      "dark-start.mp4", "preset-\(name)", ["--ladder", name, "--creator", "anna"] + more)
  }
}

/// JSON that may be anything.
enum JSON {
  static func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  static func pretty(_ object: [String: Any]) throws -> String {
    let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: options), as: UTF8.self)
  }
}

/// FFmpeg's commands, written by nobody here: what they say about the results counts.
enum Peer {
  static let hasFFmpeg = Shell.find("ffmpeg") != nil && Shell.find("ffprobe") != nil

  /// Decodes everything; gives the lines of warnings.
  static func decode(_ playlist: String) throws -> CommandResult {
    try Shell.run(
      "ffmpeg",
      [
        "-nostdin", "-v", "warning", "-allowed_extensions", "ALL", "-i", playlist, "-map", "0", "-f", "null",
        "-",
      ])
  }

  static func frames(_ playlist: String) throws -> Int? {
    let result = try Shell.run(
      "ffprobe",
      [
        "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries", "stream=nb_read_frames",
        "-of", "default=noprint_wrappers=1:nokey=1", playlist,
      ])
    return result.output.split(separator: "\n").first.flatMap { Int($0) }
  }

  /// `width,height,rate` of the first video stream.
  static func picture(_ playlist: String) throws -> String {
    let result = try Shell.run(
      "ffprobe",
      [
        "-v", "error", "-select_streams", "v:0", "-show_entries",
        "stream=width,height,sample_aspect_ratio,field_order,pix_fmt", "-of", "csv=p=0", playlist,
      ])
    return result.output.split(separator: "\n").first.map(String.init) ?? ""
  }

  /// Every decoded picture as 16x9 (or 9x16) bytes of luma.
  static func thumbnails(_ input: String, size: String, filters: String = "") throws -> [[UInt8]] {
    let folder = try TemporaryFolder()
    let out = folder.file("frames.gray")
    let result = try Shell.run(
      "ffmpeg",
      [
        "-nostdin", "-v", "error", "-i", input, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf",
        "\(filters)scale=\(size):flags=area,format=gray", "-f", "rawvideo", out,
      ])
    try #require(result.succeeded, "\(result)")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: out)))
    return stride(from: 0, to: bytes.count - 143, by: 144).map { Array(bytes[$0..<$0 + 144]) }
  }

  /// The decoded sound, one channel at 48 kHz, from time 0: what lies before it (priming) is cut away.
  static func sound(_ input: String) throws -> [Int16] {
    let folder = try TemporaryFolder()
    let out = folder.file("sound.s16")
    let result = try Shell.run(
      "ffmpeg",
      [
        "-nostdin", "-v", "error", "-copyts", "-i", input, "-map", "0:a:0", "-af", "atrim=start=0",
        "-ac", "1", "-ar", "48000", "-f", "s16le",
        out,
      ])
    try #require(result.succeeded, "\(result)")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: out)))
    return stride(from: 0, to: bytes.count - 1, by: 2).map {
      Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
    }
  }
}
