internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// H.264, HEVC and AV1 in one ladder.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg")) struct MixedLadderTests {
    private static let ladder = Checkout.path("Tests/EndToEndTests/Ladders/mixed.json")
    private static let seconds = 6

    /// Pictures that none of the rungs can have for less than its rate.
    private static let made: Result<(folder: TemporaryFolder, asset: Asset), any Error> = Result {
      let folder = try TemporaryFolder()
      let result = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i",
          "testsrc2=size=320x180:rate=30:duration=\(seconds),noise=alls=10:allf=t:all_seed=3", "-f", "lavfi",
          "-i", "sine=frequency=440:duration=\(seconds)", "-c:v", "libx264", "-preset", "ultrafast", "-crf",
          "16", "-pix_fmt", "yuv420p", "-g", "30", "-c:a", "aac", folder.file("clip.mp4"),
        ])
      try #require(result.succeeded, "\(result)")
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let packaged = try package(folder.file("clip.mp4"), asset.tree, ["--workers", "2"])
      try #require(packaged.exit == 0, "\(packaged)")
      return (folder, asset)
    }

    private static func package(
      _ source: String, _ tree: String, _ more: [String] = []
    ) throws -> CommandResult {
      try Rung.package(source, into: tree, ladder: ladder, ["--rate-control", "fixed"] + more)
    }

    @Test func theMasterSaysWhatIsInEachVariant() throws {
      let asset = try Self.made.get().asset
      let variants = try asset.text(asset.master).split(separator: "\n")
        .filter { $0.hasPrefix("#EXT-X-STREAM-INF") && $0.contains("RESOLUTION=") }
      let codecs = variants.compactMap { $0.split(separator: "CODECS=\"").last?.split(separator: "\"").first }
      #expect(codecs.count == 4, "\(variants)")
      #expect(codecs.count { $0.hasPrefix("avc1.64") && $0.hasSuffix(",mp4a.40.2") } == 2, "\(codecs)")
      // Main profile, main tier, level 2 (60); 90: progressive frames only, as the encoder says of itself.
      #expect(codecs.contains("hvc1.1.6.L60.90,mp4a.40.2"), "\(codecs)")
      // Main profile, level 2.0, main tier, 8 bits; the rest as the sequence header has it.
      #expect(codecs.contains { $0.hasPrefix("av01.0.00M.08") && $0.hasSuffix(",mp4a.40.2") }, "\(codecs)")
    }

    @Test func everyFrameIsThereUnderTheRightSampleEntry() throws {
      let asset = try Self.made.get().asset
      let entries = ["90p": "avc1", "180p": "avc1", "180p-hevc": "hvc1", "180p-av1": "av01"]
      let playlists = try asset.playlists("video")
      #expect(Set(playlists.map(\.name)) == Set(entries.keys))
      for (name, playlist) in playlists {
        #expect(try Peer.frames(playlist) == 30 * Self.seconds, "\(name)")
        let decoded = try Peer.decode(playlist)
        #expect(decoded.succeeded && decoded.errors.isEmpty, "\(name): \(decoded)")
        let folder = (playlist as NSString).deletingLastPathComponent
        let head = try #require(TreeDump.files(folder).first { $0.hasPrefix("init-") })
        let dump = BoxDump.text([UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(head)"))))
        #expect(dump.contains(try #require(entries[name])), "\(name): \(dump)")
      }
    }

    /// Over the whole title, which is several chunks, within 2 %; the container's bytes are measured with the rest.
    @Test func theRatesAreHit() throws {
      for rendition in try Self.made.get().asset.renditions() where rendition["kind"] as? String == "video" {
        let name = try #require(rendition["name"] as? String)
        guard name.contains("-") else { continue }
        let planned = try #require(rendition["planned_bitrate"] as? Int)
        let average = try #require(rendition["average_bitrate"] as? Int)
        let peak = try #require(rendition["peak_bitrate"] as? Int)
        #expect(abs(average - planned) * 100 <= 2 * planned + 100 * 4000, "\(name): \(average) of \(planned)")
        #expect(Double(peak) <= 1.1 * Double(name == "180p-hevc" ? 180_000 : 150_000), "\(name): \(peak)")
      }
    }

    /// With capped rates too, no rung takes more than its rate and its peak allow, though the pictures would.
    @Test func cappedRatesHold() throws {
      let (folder, _) = try Self.made.get()
      let asset = Asset(tree: folder.file("capped"), id: "clip")
      let result = try Rung.package(
        folder.file("clip.mp4"), into: asset.tree, ladder: Self.ladder)
      try #require(result.exit == 0, "\(result)")
      let peaks = ["90p": 100_000, "180p": 260_000, "180p-hevc": 180_000, "180p-av1": 150_000]
      for rendition in try asset.renditions() where rendition["kind"] as? String == "video" {
        let name = try #require(rendition["name"] as? String)
        let planned = try #require(rendition["planned_bitrate"] as? Int)
        #expect(try #require(rendition["average_bitrate"] as? Int) <= planned * 103 / 100 + 4000, "\(name)")
        let peak = try #require(rendition["peak_bitrate"] as? Int)
        #expect(Double(peak) <= 1.1 * Double(try #require(peaks[name])), "\(name): \(peak)")
      }
    }

    @Test func theBytesDoNotDependOnWorkersOrRuns() throws {
      let (folder, asset) = try Self.made.get()
      let first = try TreeDump.contents(asset.tree)
      for workers in ["1", "2"] {
        let tree = folder.file("again-\(workers)")
        let result = try Self.package(folder.file("clip.mp4"), tree, ["--workers", workers])
        try #require(result.exit == 0, "\(result)")
        let differences = TreeDump.differences(first, try TreeDump.contents(tree))
        #expect(differences.isEmpty, "\(workers) workers: \(differences.joined(separator: "\n"))")
      }
    }

    @Test func verifiersAreContent() throws {
      let asset = try Self.made.get().asset
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0, "\(verified)")
    }

    @Test(
      .enabled(
        if: Checker.path != nil && Shell.find("python3") != nil, "no independent checker here (RUNG_HLSCHECK)"
      ))
    func anIndependentCheckerIsContent() throws {
      let asset = try Self.made.get().asset
      let checker = try #require(Checker.path)
      let result = try Shell.run("python3", [checker, asset.master, "--deep", "--root", asset.tree])
      #expect(result.exit == 0, "\(result)")
    }
  }
}
