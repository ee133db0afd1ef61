internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Closed captions from the source's pictures to every rung's, byte by byte, as FFmpeg reads them.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg")) struct CaptionTests {
    /// A clip whose every picture says something of its own: characters of CC1 and a packet of service 1.
    private static func source(
      _ folder: TemporaryFolder, rate: Int, seconds: Int, options: [String] = []
    ) throws -> String {
      let (bare, captioned) = (folder.file("bare.h264"), folder.file("captioned.h264"))
      let clip = folder.file("clip.mp4")
      try ffmpeg(
        ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=\(rate):duration=\(seconds)", "-c:v", "libx264"]
          + ["-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "\(rate)", "-bf", "0"]
          + ["-x264-params", "aud=1:scenecut=0"] + options + [bare])
      let bytes = try Data(contentsOf: URL(fileURLWithPath: bare))
      try Captions.inserted(into: [UInt8](bytes)).write(to: URL(fileURLWithPath: captioned))
      try ffmpeg(["-r", "\(rate)", "-i", captioned, "-c", "copy", clip])
      return clip
    }

    private static func ffmpeg(_ arguments: [String]) throws {
      let result = try Shell.run("ffmpeg", ["-nostdin", "-v", "error"] + arguments)
      try #require(result.succeeded, "\(result)")
    }

    /// The `cc_data` of a file, in the order of presentation.
    private static func bytes(_ path: String, _ folder: TemporaryFolder) throws -> [UInt8] {
      let out = folder.file("captions.bin")
      try ffmpeg(
        [
          "-y", "-f", "lavfi", "-i", "movie=\(path)[out+subcc]", "-map", "0:s", "-c", "copy", "-f", "data",
          out,
        ])
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: out)))
    }

    /// The segments of one rendition as one file.
    private static func joined(_ playlist: String, _ folder: TemporaryFolder) throws -> String {
      let place = (playlist as NSString).deletingLastPathComponent
      let names = TreeDump.files(place).filter { !$0.hasSuffix(".m3u8") }
      let whole = names.filter { $0.hasPrefix("init") } + names.filter { !$0.hasPrefix("init") }.sorted()
      let path = folder.file("whole.mp4")
      try whole.reduce(into: Data()) {
        $0 += try Data(contentsOf: URL(fileURLWithPath: "\(place)/\($1)"))
      }.write(to: URL(fileURLWithPath: path))
      return path
    }

    private func ladder(_ more: String, _ folder: TemporaryFolder) throws -> String {
      let tiny = try String(contentsOfFile: Rung.tiny, encoding: .utf8)
      return try folder.write(tiny.replacing("\"outputs\"", with: "\(more)\"outputs\""), "ladder.json")
    }

    private func expect(_ asset: Asset, carries captions: [UInt8], _ folder: TemporaryFolder) throws {
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0 && verified.output.contains("0 errors"), "\(verified)")
      for playlist in try asset.playlists("video") {
        let found = try Self.bytes(Self.joined(playlist.path, folder), folder)
        #expect(found == captions, "\(playlist.name): \(found.count) bytes of \(captions.count)")
      }
      let master = try asset.text(asset.master).split(separator: "\n").map(String.init)
      #expect(
        master.filter { $0.contains("TYPE=CLOSED-CAPTIONS") } == [
          "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"Captions (CC1)\",DEFAULT=NO,AUTOSELECT=YES,"
            + "INSTREAM-ID=\"CC1\"",
          "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"Captions (service 1)\",DEFAULT=NO,"
            + "AUTOSELECT=NO,INSTREAM-ID=\"SERVICE1\"",
        ])
      let variants = master.filter { $0.hasPrefix("#EXT-X-STREAM-INF") && $0.contains("RESOLUTION") }
      #expect(
        !variants.isEmpty && variants.allSatisfy { $0.hasSuffix(",CLOSED-CAPTIONS=\"cc\"") }, "\(variants)")
      #expect(!master.joined().contains("CLOSED-CAPTIONS=NONE") && master.contains("#EXT-X-VERSION:7"))
    }

    struct Case: Sendable, CustomTestStringConvertible {
      var testDescription: String
      var rate: Int
      var options: [String] = []
      var ladder = ""
      var flags: [String] = []
    }

    @Test(arguments: [
      Case(testDescription: "as they are, on two workers", rate: 30, flags: ["--workers", "2"]),
      Case(testDescription: "every other picture dropped", rate: 60, ladder: "\"max_frame_rate\": 30, "),
      Case(testDescription: "pictures repeated", rate: 20, ladder: "\"frame_rate\": 30, "),
      Case(
        testDescription: "both fields", rate: 25,
        options: ["-flags", "+ildct+ilme", "-vf", "setfield=tff"], ladder: "\"deinterlace\": \"field\", "),
      Case(testDescription: "in MPEG-TS", rate: 30, flags: ["--segments", "ts"]),
      Case(testDescription: "copied", rate: 30, flags: ["--copy=strict"]),
    ])
    func everyByte(_ test: Case) throws {
      let folder = try TemporaryFolder()
      let source = try Self.source(folder, rate: test.rate, seconds: 6, options: test.options)
      let captions = try Self.bytes(source, folder)
      #expect(captions == (0..<6 * test.rate).flatMap(Captions.triplets), "what the test itself made")
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let result = try Rung.package(
        source, into: asset.tree, ladder: try ladder(test.ladder, folder), test.flags)
      try #require(result.exit == 0, "\(result)")
      try expect(asset, carries: captions, folder)
    }

    @Test func theProbeNamesThem() throws {
      let folder = try TemporaryFolder()
      let source = try Self.source(folder, rate: 30, seconds: 1)
      #expect(try Rung.run(["probe", source]).output.contains("captions CC1 SERVICE1"))
      let json = try Rung.run(["probe", source, "--json"]).output
      #expect(json.contains(try Regex(#""captions": \[\s*"CC1",\s*"SERVICE1"\s*\]"#)), "\(json)")
    }

    @Test func anotherCodecSaysThatItLosesThem() throws {
      let folder = try TemporaryFolder()
      let source = try Self.source(folder, rate: 30, seconds: 2)
      let mixed = try String(
        contentsOfFile: Checkout.path("Tests/EndToEndTests/Ladders/mixed.json"), encoding: .utf8)
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let result = try Rung.package(source, into: asset.tree, ladder: try folder.write(mixed, "mixed.json"))
      try #require(result.exit == 0, "\(result)")
      #expect(
        result.errors.contains("180p-hevc: without the closed captions (CC1, SERVICE1): only rungs in H.264"),
        "\(result)")
      let variants = try asset.text(asset.master).split(separator: "\n").filter {
        $0.hasPrefix("#EXT-X-STREAM-INF") && $0.contains("RESOLUTION")
      }
      #expect(variants.count == 4)
      for variant in variants {
        #expect(variant.contains("CLOSED-CAPTIONS=\"cc\"") == variant.contains("avc1"), "\(variant)")
      }
      #expect(try asset.text("\(asset.folder)/hls/manifest.mpd").contains("cea-608:2015\" value=\"CC1=und\""))
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0 && verified.output.contains("0 errors"), "\(verified)")
    }
  }
}

/// Captions that a test makes up.
private enum Captions {
  /// What picture `number` says: two characters of CC1 (the first one makes captions pop on), a packet of CEA-708 with
  /// two characters for service 1, and padding.
  static func triplets(_ number: Int) -> [UInt8] {
    let pair: [UInt8] =
      number == 0
      ? [0x14, 0x20] : [UInt8(0x20 + number / 90 % 90), UInt8(0x21 + number % 90)]
    let service: [UInt8] = [UInt8(number % 4) << 6 | 2, 0x22, UInt8(0x41 + number % 26), 0x2e]
    return [0xfc] + pair.map(odd) + [0xff] + service[..<2] + [0xfe] + service[2...] + [0xfa, 0, 0]
  }

  /// With the parity bit of CEA-608.
  private static func odd(_ byte: UInt8) -> UInt8 { byte.nonzeroBitCount % 2 == 0 ? byte | 0x80 : byte }

  /// `stream` (Annex B with access unit delimiters) with a message of supplemental information in each access unit.
  static func inserted(into stream: [UInt8]) -> Data {
    var result = Data()
    var number = 0
    var index = 0
    let delimiter: [UInt8] = [0, 0, 0, 1, 9]
    while index < stream.count {
      guard stream[index...].starts(with: delimiter), index + 5 < stream.count else {
        result.append(stream[index])
        index += 1
        continue
      }
      let bytes = triplets(number)
      let message =
        [0xb5, 0, 0x31, 0x47, 0x41, 0x39, 0x34, 3, 0xc0 | UInt8(bytes.count / 3), 0xff] + bytes + [0xff]
      result += stream[index...index + 5]
      result += [0, 0, 0, 1, 6, 4, UInt8(message.count)] + message + [0x80]
      number += 1
      index += 6
    }
    return result
  }
}
