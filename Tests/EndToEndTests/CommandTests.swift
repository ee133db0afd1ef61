internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// The commands that make nothing: help, ladders, probe, plan; and what machines read.
  @Suite struct CommandTests {
    @Test(arguments: [
      ["--help"], ["help"], ["--version"], ["help", "package"], ["package", "--help"], ["ladders"],
    ])
    func saysWhatItIs(_ arguments: [String]) throws {
      let result = try Rung.run(arguments)
      #expect(result.exit == 0, "\(arguments): \(result)")
      #expect(!result.output.isEmpty && result.errors.isEmpty, "\(arguments): \(result)")
    }

    @Test func everyCommandHasItsHelp() throws {
      let overview = try Rung.run(["help"]).output
      for command in ["probe", "plan", "package", "verify", "ladders"] {
        #expect(overview.contains(command))
        let help = try Rung.run(["help", command])
        #expect(help.exit == 0 && help.output.contains("rung \(command)"), "\(help)")
      }
    }

    @Test func aPresetIsALadderFile() throws {
      let listed = try Rung.run(["ladders"])
      #expect(listed.output.contains("default"), "\(listed)")
      let shown = try Rung.run(["ladders", "default"])
      #expect(try JSON.object(shown.output)["name"] as? String == "default")
      let folder = try TemporaryFolder()
      let copy = try folder.write(shown.output, "mine.json")
      let planned = try Rung.run(["plan", Fixture.path("holiday.mp4"), "--ladder", copy])
      #expect(planned.exit == 0, "\(planned)")
      let unknown = try Rung.run(["ladders", "no-such-ladder"])
      #expect([1, 64].contains(unknown.exit), "\(unknown)")
    }

    static let sound = [
      "holiday.mp4", "vfr-phone.mp4", "two-languages.mkv", "film-2.39.mp4", "ntsc.mkv", "no-audio.mkv",
      "audio-only.m4a", "mono-44100.mp3", "pal-interlaced.ts", "anamorphic.mp4", "odd-size.mp4", "hdr10.mkv",
      "long-gop.mp4", "open-gop.ts", "negative-start.mp4", "single-picture.mp4",
    ]

    @Test(arguments: sound)
    func probesAndPlansInJSON(_ fixture: String) throws {
      let probed = try Rung.run(["probe", Fixture.path(fixture), "--json"])
      #expect(probed.exit == 0, "\(probed)")
      #expect(try JSONSerialization.jsonObject(with: Data(probed.output.utf8)) is NSObject)
      #expect(probed.output.contains(fixture))
      let text = try Rung.run(["probe", Fixture.path(fixture)])
      #expect(text.exit == 0 && text.output.contains(fixture), "\(text)")
      let planned = try Rung.run(["plan", Fixture.path(fixture), "--json", "--ladder", Rung.tiny])
      #expect(planned.exit == 0, "\(planned)")
      #expect(try JSON.object(planned.output)["timeline"] is [String: Any])
    }

    @Test func probesSeveralFilesAndGoesOnAfterABadOne() throws {
      let result = try Rung.run([
        "probe", Fixture.path("holiday.mp4"), Fixture.path("empty.mp4"), Fixture.path("ntsc.mkv"),
      ])
      #expect(result.exit == 1, "\(result)")
      #expect(result.output.contains("holiday.mp4") && result.output.contains("ntsc.mkv"), "\(result)")
      #expect(result.errors.contains("empty.mp4"), "\(result)")
    }

    /// `--log json`: every line of standard error is one object, and the last steps' latencies are there.
    @Test func logsInJSON() throws {
      let folder = try TemporaryFolder()
      let result = try Rung.package(Fixture.path("no-audio.mkv"), into: folder.path, ["--log", "json"])
      try #require(result.exit == 0, "\(result)")
      let lines = result.errors.split(separator: "\n").map(String.init)
      let objects = try lines.map { try JSON.object($0) }
      let keys = Set(objects.flatMap(\.keys))
      for key in ["probe_ms", "encode_ms", "package_ms", "commit_ms", "source_to_ready_ms"] {
        #expect(keys.contains(key), "\(key) is not in \(keys.sorted())")
      }
    }

    /// Without a terminal there are plain lines: no escape sequences, no carriage returns.
    @Test func writesPlainLinesWithoutATerminal() throws {
      let folder = try TemporaryFolder()
      let result = try Rung.package(Fixture.path("no-audio.mkv"), into: folder.path)
      try #require(result.exit == 0, "\(result)")
      for text in [result.output, result.errors] {
        #expect(!text.contains("\u{1b}") && !text.contains("\r"), "\(text)")
      }
      // The result is where the stream is; the table is for people.
      #expect(result.output == "\(folder.path)/packaged/clip/hls/master.m3u8\n", "\(result)")
      #expect(result.errors.contains("180p"), "\(result)")
    }

    @Test func verifiesWhatItMadeAndSeesWhatWasAltered() throws {
      let folder = try TemporaryFolder()
      let made = try Rung.package(Fixture.path("no-audio.mkv"), into: folder.path)
      try #require(made.exit == 0, "\(made)")
      let good = try Rung.run(["verify", folder.path])
      #expect(good.exit == 0, "\(good)")
      let json = try Rung.run(["verify", folder.path, "--json"])
      #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is NSObject)
      let segment = try #require(TreeDump.files(folder.path).first { $0.hasSuffix(".m4s") })
      let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file(segment))))
      // One bit of the first fragment's decode time: `tfdt`, version and flags, then the time.
      let time = try #require(whole.indices.first { whole[$0...].starts(with: Array("tfdt".utf8)) }) + 8
      var altered = whole
      altered[time + 2] ^= 0x01
      // And one byte of a picture, which only the inventory's hash can tell.
      var spoilt = whole
      spoilt[whole.count - 40] ^= 0x01
      let faults: [([UInt8], [String])] = [
        (Array(whole.dropLast(9)), []), (altered, []), (altered, ["--deep"]), (spoilt, ["--deep"]),
      ]
      for (bytes, more) in faults {
        try folder.write(bytes, segment)
        let bad = try Rung.run(["verify", folder.path] + more)
        #expect(bad.exit == 1, "\(more): \(bad)")
        #expect(
          (bad.output + bad.errors).contains(segment.split(separator: "/").last ?? ""), "\(more): \(bad)")
      }
    }
  }
}
