internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// `drop_redundant`: rungs that show nothing that the next smaller one does not.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg")) struct RedundantRungTests {
    private func renditions(of graph: String) throws -> [String] {
      let folder = try TemporaryFolder()
      let made = try Shell.run(
        "ffmpeg",
        [
          "-nostdin", "-v", "error", "-f", "lavfi", "-i", graph, "-c:v", "libx264", "-preset", "ultrafast",
          "-crf", "4", "-pix_fmt", "yuv420p", "-g", "25", folder.file("clip.mp4"),
        ])
      try #require(made.succeeded, "\(made)")
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let result = try Rung.package(
        folder.file("clip.mp4"), into: asset.tree,
        ladder: Checkout.path("Tests/EndToEndTests/Ladders/redundant.json"))
      try #require(result.exit == 0, "\(result)")
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0, "\(verified)")
      let master = try asset.text(asset.master)
      let names = try asset.renditions().compactMap { $0["name"] as? String }
      // The playlists name what was made and nothing else.
      for name in ["90p", "180p", "360p"] {
        #expect(master.contains("\n\(name)/index.m3u8") == names.contains(name), "\(master)")
      }
      return names.sorted()
    }

    @Test func aSmallPictureMadeLargeHasNoLargeRungs() throws {
      let graph = "testsrc2=size=160x90:rate=25:duration=4,gblur=1,scale=640:360:flags=bicubic"
      #expect(try renditions(of: graph) == ["90p"])
    }

    @Test func picturesWithDetailKeepAll() throws {
      #expect(try renditions(of: "testsrc2=size=640x360:rate=25:duration=4") == ["180p", "360p", "90p"])
    }
  }
}
