internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// High dynamic range that is kept: HEVC and AV1 beside H.264 in standard range.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg")) struct RangeTests {
    private static let display =
      "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    /// Luma in eight bars of 40 columns, in 10 bits.
    private static let bars = (0..<8).map { 64 + 120 * $0 }

    private static func package(_ transfer: String, _ light: String) throws -> (TemporaryFolder, Asset) {
      let folder = try TemporaryFolder()
      let source = folder.file("bars.mp4")
      let made = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i",
          "color=size=320x180:rate=24:duration=3,format=yuv420p10le,geq=lum='64+120*floor(X/40)':cb=512:cr=512",
          "-c:v", "libx265", "-preset", "ultrafast", "-color_primaries", "bt2020", "-color_trc", transfer,
          "-colorspace", "bt2020nc", "-x265-params", "log-level=error:lossless=1:info=0\(light)", source,
        ])
      try #require(made.succeeded, "\(made)")
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let result = try Rung.package(
        source, into: asset.tree, ladder: Checkout.path("Tests/EndToEndTests/Ladders/range.json"))
      try #require(result.exit == 0, "\(result)")
      return (folder, asset)
    }

    private static let pq = Result {
      try package("smpte2084", ":hdr10=1:master-display=\(display):max-cll=1000,400")
    }

    @Test func theMasterSaysWhichVariantKeepsIt() throws {
      let asset = try Self.pq.get().1
      let variants = try asset.text(asset.master).split(separator: "\n").filter {
        $0.hasPrefix("#EXT-X-STREAM-INF") && $0.contains("RESOLUTION=")
      }
      #expect(variants.count == 4)
      for variant in variants {
        let isKept = variant.contains("hvc1.2.4.L") || variant.contains("av01.0.00M.10.0.110.09.16.09.0")
        #expect(variant.contains(isKept ? "VIDEO-RANGE=PQ" : "VIDEO-RANGE=SDR"), "\(variant)")
        #expect(isKept || variant.contains("avc1.64"), "\(variant)")
        #expect(!variant.contains("SUPPLEMENTAL"))
      }
      let kept = try asset.renditions().filter { $0["video_range"] as? String == "PQ" }
      #expect(kept.compactMap { $0["bit_depth"] as? Int } == [10, 10, 10])
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0, "\(verified)")
    }

    /// Code values come through the scaler and the encoder within two steps of 1023.
    @Test func codeValuesStay() throws {
      let asset = try Self.pq.get().1
      for (name, playlist) in try asset.playlists("video") where name != "90p" {
        let (width, samples) = try tenBits(playlist)
        for (bar, wanted) in Self.bars.enumerated() {
          let column = (bar * 2 + 1) * width / 16
          let found = Int(samples[samples.count / 2 / width * width + column])
          #expect(abs(found - wanted) <= 2, "\(name), bar \(bar): \(found) for \(wanted)")
        }
      }
    }

    private func tenBits(_ playlist: String) throws -> (width: Int, samples: [UInt16]) {
      let width = try #require(Int(try Peer.picture(playlist).split(separator: ",").first ?? ""))
      let folder = try TemporaryFolder()
      let result = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-i", playlist, "-frames:v", "1", "-vf", "extractplanes=y", "-f",
          "rawvideo", folder.file("y"),
        ])
      try #require(result.succeeded, "\(result)")
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("y"))))
      return (
        width,
        stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
      )
    }

    /// In the sample entry, for players, and in the bitstream, for screens.
    @Test func whatItWasMasteredForIsThereTwice() throws {
      let asset = try Self.pq.get().1
      for (name, playlist) in try asset.playlists("video") {
        let folder = (playlist as NSString).deletingLastPathComponent
        let head = try #require(TreeDump.files(folder).first { $0.hasPrefix("init-") })
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(head)")))
        let isKept = name != "90p"
        // mdcv: green, blue, red, white, the most and the least light (ISO/IEC 14496-12 12.1.7); clli: 1000 and 400.
        let mastering: [UInt8] =
          Array("mdcv".utf8) + [
            0x33, 0xc2, 0x86, 0xc4, 0x1d, 0x4c, 0x0b, 0xb8, 0x84, 0xd0, 0x3e, 0x80, 0x3d, 0x13, 0x40, 0x42,
            0x00, 0x98, 0x96, 0x80, 0x00, 0x00, 0x00, 0x32,
          ]
        #expect(contains(bytes, mastering) == isKept, "\(name)")
        #expect(contains(bytes, Array("clli".utf8) + [0x03, 0xe8, 0x01, 0x90]) == isKept, "\(name)")
        let colour: [UInt8] = isKept ? [0, 9, 0, 16, 0, 9, 0] : [0, 1, 0, 1, 0, 1, 0]
        #expect(contains(bytes, Array("colrnclx".utf8) + colour), "\(name)")
        let shown = try Shell.run(
          "ffprobe",
          ["-v", "error", "-read_intervals", "%+#1", "-select_streams", "v", "-show_frames", playlist])
        #expect(shown.output.contains("Mastering display metadata") == isKept, "\(name): \(shown.output)")
        #expect(shown.output.contains("max_content=1000") == isKept, "\(name)")
      }
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
      bytes.indices.dropLast(part.count - 1).contains { bytes[$0..<$0 + part.count].elementsEqual(part) }
    }

    @Test func hybridLogGammaIsKeptToo() throws {
      let (folder, asset) = try Self.package("arib-std-b67", "")
      withExtendedLifetime(folder) {}
      let master = try asset.text(asset.master)
      #expect(
        master.contains("VIDEO-RANGE=HLG") && master.contains("av01.0.00M.10.0.110.09.18.09.0"), "\(master)")
      let notes = try Rung.run([
        "plan", folder.file("bars.mp4"), "--ladder", Checkout.path("Tests/EndToEndTests/Ladders/range.json"),
      ])
      #expect(
        notes.output.contains("HLG is kept in 180p-av1, 180p-hevc, 90p-hevc; elsewhere it is mapped"),
        "\(notes)")
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0, "\(verified)")
    }
  }
}
