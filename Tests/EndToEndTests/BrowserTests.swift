internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// What Chromium makes of the trees: parts through the player of README.md, HLS through its own.
  @Suite struct BrowserTests {
    static let isHere =
      Shell.find("python3") != nil
      && ["chromium", "chromium-browser", "google-chrome"].contains { Shell.find($0) != nil }

    private func play(_ path: String, root: String, seconds: String) throws -> CommandResult {
      try Shell.run(
        "python3",
        [
          Checkout.path("Tests/Browser/play-parts.py"), path, "--root", root, "--seconds", seconds,
          "--patience", "30", "--timeout", "100",
        ])
    }

    /// Across every boundary of parts of one or two GOPs, and after a seek.
    @Test(.enabled(if: isHere, "needs Chromium and python3"))
    func appendsTheParts() throws {
      let folder = try TemporaryFolder()
      let made = try Rung.run([
        "split", Fixture.path("holiday.mp4"), "--into", folder.path, "--id", "clip", "--part-size", "64KiB",
      ])
      try #require(made.exit == 0, "\(made)")
      let manifest = "\(folder.path)/packaged/clip/parts/manifest.json"
      let result = try play(manifest, root: folder.path, seconds: "1")
      #expect(result.exit == 0, "\(result)")
      let stretches = result.output.components(separatedBy: "played ").count - 1
      let parts = TreeDump.files("\(folder.path)/packaged/clip/parts").filter { $0.hasSuffix(".mp4") }.count
      #expect(parts > 2 && stretches == parts + 1, "\(result)")
    }

    static let playlists = [
      ("reels", "hls/clip/playlist.m3u8"), ("feed", "packaged/clip/hls/master.m3u8"),
      ("meeting", "videos/anna/clip_hls/playlist.m3u8"),
    ]

    @Test(.enabled(if: isHere, "needs Chromium and python3"), arguments: playlists)
    func playsTheTree(_ preset: String, _ playlist: String) throws {
      let asset = try Packaged.preset(preset)
      let result = try play(asset.path(playlist), root: asset.tree, seconds: "1")
      #expect(result.exit == 0, "\(preset): \(result)")
    }
  }
}
