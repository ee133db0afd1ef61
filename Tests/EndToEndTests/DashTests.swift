internal import Foundation
internal import TestKit
internal import Testing

/// GStreamer's command, another reader of MPDs that nobody here wrote.
enum GStreamer {
  static let isHere: Bool = {
    guard Shell.find("gst-launch-1.0") != nil, Shell.find("gst-inspect-1.0") != nil else { return false }
    return ["dashdemux", "qtdemux", "avdec_h264"].allSatisfy { element in
      (try? Shell.run("gst-inspect-1.0", ["--exists", element]))?.succeeded == true
    }
  }()

  /// How many pictures its DASH demuxer and H.264 decoder give of one quality.
  static func pictures(_ manifest: String) throws -> Int {
    let result = try Shell.run(
      "gst-launch-1.0",
      ["-v", "filesrc", "location=\(manifest)", "!", "dashdemux", "name=d", "d.video_00", "!", "queue"]
        + ["!", "decodebin", "!", "identity", "name=seen", "silent=false", "!", "fakesink", "sync=false"])
    #expect(result.succeeded && !result.output.contains("ERROR"), "\(result)")
    return result.output.split(separator: "\n").filter { $0.contains("seen") && $0.contains("chain") }.count
  }
}

extension EndToEnd {
  /// MPDs of whole assets: by the schema's rules, against the segments that they name, and in other people's demuxers.
  @Suite struct DashTests {
    /// (clip, options): templates, one file a rendition, copies, languages, 1/1001 rates, sound alone.
    static let assets: [(String, [String])] = [
      ("holiday.mp4", []), ("two-languages.mkv", []), ("ntsc.mkv", []), ("audio-only.m4a", []),
      ("holiday.mp4", ["byte-range"]), ("holiday.mp4", ["--copy"]), ("hdr10.mkv", ["--copy"]),
    ]

    private struct Made {
      let folder: TemporaryFolder
      var path: String { "\(folder.path)/packaged/clip/hls/manifest.mpd" }
      /// HLS over the same segments.
      var playlist: String { "\(folder.path)/packaged/clip/hls/180p/index.m3u8" }
      var text: String
    }

    private func make(_ clip: String, _ options: [String]) throws -> Made {
      let folder = try TemporaryFolder()
      var ladder = try JSON.object(String(contentsOfFile: Rung.tiny, encoding: .utf8))
      ladder["outputs"] = ["hls", "dash"]
      if options.contains("byte-range") { ladder["addressing"] = "byte-range" }
      let file = try folder.write(try JSON.pretty(ladder), "ladder.json")
      let result = try Rung.package(
        Fixture.path(clip), into: folder.path, ladder: file, options.filter { $0.hasPrefix("--") })
      try #require(result.exit == 0, "\(clip): \(result)")
      var made = Made(folder: folder, text: "")
      made.text = try String(contentsOfFile: made.path, encoding: .utf8)
      return made
    }

    @Test(arguments: assets)
    func followsTheSchemaAndTheSegments(_ clip: String, _ options: [String]) throws {
      let made = try make(clip, options)
      let (root, faults) = DashRules.check(made.text)
      #expect(faults.isEmpty, "\(clip) \(options): \(faults)\n\(made.text)")
      let period = try #require(root?.first("Period"))
      let length = try #require(seconds(period.attributes["duration"]))
      let buffer = try #require(seconds(root?.attributes["minBufferTime"]))
      let longest = try #require(seconds(root?.attributes["maxSegmentDuration"]))
      let representations = period.all("AdaptationSet").flatMap { $0.all("Representation") }
      #expect(Set(representations.map { $0.attributes["id"] }).count == representations.count)
      for representation in representations {
        let rate = try #require(Double(representation.attributes["bandwidth"] ?? ""))
        let segments = try segments(representation, in: made)
        #expect(segments.allSatisfy { $0.seconds <= longest && $0.bytes > 0 }, "\(clip)")
        let total = segments.reduce(0) { $0 + $1.seconds }
        #expect(abs(total - length) < 0.15, "\(clip): \(total) s in a period of \(length) s")
        // 5.3.5.2: at @bandwidth, with minBufferTime in hand, playing from any segment never stops.
        for first in segments.indices {
          var (played, bits) = (0.0, 0.0)
          for segment in segments[first...] {
            bits += Double(segment.bytes) * 8
            #expect(bits <= rate * (buffer + played) + 1, "\(clip): \(representation.attributes)")
            played += segment.seconds
          }
        }
      }
    }

    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe"), arguments: ["holiday.mp4", "ntsc.mkv"])
    func playsInFFmpeg(_ clip: String) throws {
      let made = try make(clip, [])
      let frames = try #require(try Peer.frames(made.playlist))
      #expect(try frames > 100 && Peer.frames(made.path) == frames, "\(clip)")
      let decoded = try Peer.decode(made.path)
      #expect(decoded.succeeded && decoded.errors.isEmpty, "\(clip): \(decoded)")
    }

    @Test(
      .enabled(if: GStreamer.isHere && Peer.hasFFmpeg, "needs gst-launch-1.0 with dashdemux"),
      arguments: [("holiday.mp4", []), ("ntsc.mkv", []), ("holiday.mp4", ["byte-range"])])
    func playsInGStreamer(_ clip: String, _ options: [String]) throws {
      let made = try make(clip, options)
      #expect(try GStreamer.pictures(made.path) == Peer.frames(made.playlist), "\(clip) \(options)")
    }

    @Test func theFeedFollowsTheSchema() throws {
      let asset = try Packaged.preset("feed")
      let (_, faults) = DashRules.check(try asset.text("\(asset.folder)/hls/manifest.mpd"))
      #expect(faults.isEmpty, "\(faults)")
    }

    // MARK: Reading

    private func seconds(_ text: String?) -> Double? {
      guard let text, text.hasPrefix("PT"), text.hasSuffix("S") else { return nil }
      return Double(text.dropFirst(2).dropLast())
    }

    private struct Segment {
      var seconds: Double
      var bytes: Int
    }

    /// What the timeline says of each segment, with the bytes of the file that the template names.
    private func segments(_ representation: DashRules.Element, in made: Made) throws -> [Segment] {
      let folder = URL(fileURLWithPath: made.path).deletingLastPathComponent().path
      func size(_ name: String) throws -> Int {
        let found = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
        return (found[.size] as? NSNumber)?.intValue ?? 0
      }
      guard let template = representation.first("SegmentTemplate") else {
        // The file's own index has sizes and times.
        let name = try XMLText.baseURL(of: representation.attributes["id"] ?? "", in: made.text)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
        let range = try #require(representation.first("SegmentBase")?.attributes["indexRange"])
        return try SegmentIndex.read(bytes, range)
      }
      let scale = try #require(Double(template.attributes["timescale"] ?? "1"))
      var number = try #require(Int(template.attributes["startNumber"] ?? "1"))
      let media = try #require(template.attributes["media"])
      #expect(try size(try #require(template.attributes["initialization"])) > 0)
      var segments: [Segment] = []
      for entry in try #require(template.first("SegmentTimeline")).all("S") {
        let ticks = try #require(Double(entry.attributes["d"] ?? ""))
        for _ in 0...(Int(entry.attributes["r"] ?? "0") ?? 0) {
          let digits = String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
          let name = media.replacingOccurrences(of: "$Number%05d$", with: digits)
          segments.append(Segment(seconds: ticks / scale, bytes: try size(name)))
          number += 1
        }
      }
      #expect(throws: (any Error).self) {
        try size(media.replacingOccurrences(of: "$Number%05d$", with: "0000\(number)"))
      }
      return segments
    }

    private enum XMLText {
      static func baseURL(of id: String, in text: String) throws -> String {
        let own = try #require(text.components(separatedBy: "<Representation id=\"\(id)\"").last)
        let value = try #require(own.components(separatedBy: "<BaseURL>").dropFirst().first)
        return try #require(value.components(separatedBy: "</BaseURL>").first)
      }
    }

    /// A `sidx` (ISO/IEC 14496-12, 8.16.3) of the form that Rung writes.
    private enum SegmentIndex {
      static func read(_ bytes: [UInt8], _ range: String) throws -> [Segment] {
        let ends = range.split(separator: "-").compactMap { Int($0) }
        try #require(ends.count == 2 && ends[0] < ends[1] && ends[1] < bytes.count)
        let box = Array(bytes[ends[0]...ends[1]])
        func number(_ at: Int, _ count: Int) -> Int {
          box[at..<min(box.count, at + count)].reduce(0) { $0 << 8 | Int($1) }
        }
        #expect(box[4..<8].elementsEqual("sidx".utf8) && number(0, 4) == box.count)
        let scale = Double(number(16, 4))
        let head = box[8] == 0 ? 28 : 36
        let count = number(head + 2, 2)
        try #require(box.count == head + 4 + count * 12)
        return (0..<count).map { index in
          let at = head + 4 + index * 12
          return Segment(
            seconds: Double(number(at + 4, 4)) / scale, bytes: number(at, 4) & 0x7fff_ffff)
        }
      }
    }
  }
}
