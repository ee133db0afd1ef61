internal import Foundation
internal import TestKit
internal import Testing
internal import Verifying

/// What may be given to the verifier, and what the findings call it.
@Suite struct PathTests {
  @Test(arguments: [
    ("packaged/clip", 6), ("packaged/clip/asset.json", 6), ("packaged/clip/hls/master.m3u8", 6),
    ("packaged/clip/hls/720p/index.m3u8", 1), ("packaged/clip/hls/720p/iframes.m3u8", 1),
    ("packaged/clip/parts/manifest.json", 0), ("packaged/clip/hls", 6),
  ])
  func everyPartOfATreeCanBeVerified(path: String, playlists: Int) throws {
    let report = try TreeFixture.cmaf.verify(path)
    #expect(report.findings == [])
    #expect(report.checked.playlists == playlists)
  }

  @Test(arguments: ["no-such-file", "packaged/clip/hls/720p/seg-0a1b2c3d-00001.m4s", "missing.m3u8"])
  func whatIsNoManifestIsRefused(path: String) throws {
    #expect(try TreeFixture.cmaf.verify(path).findings.map(\.code) == [.inputUnreadable])
  }

  @Test func pathsAreRelativeToTheTreeWhateverWasGiven() throws {
    var tree = TreeFixture.cmaf
    tree.replace(Mutation.index, "#EXT-X-ENDLIST\n", "")
    tree.seal()
    for path in ["", "packaged/clip", "packaged/clip/asset.json", Mutation.master, Mutation.index] {
      #expect(try tree.verify(path).findings.map(\.path) == [Mutation.index])
    }
  }

  /// Versions are hex digits: an id of one digit is a part of nearly every one.
  @Test func anIdThatIsAPartOfEveryVersionIsNoTrouble() throws {
    var tree = TreeFixture.cmaf
    tree.replace("packaged/clip/asset.json", "\"id\": \"clip\"", "\"id\": \"0\"")
    #expect(try tree.verify().findings == [])
  }

  @Test func stagingIsNoPartOfATree() throws {
    var tree = TreeFixture.cmaf
    tree.files[".rung/staging/clip/asset.json"] = [1]
    tree.files["packaged/clip/hls/.hidden.m4s"] = [1]
    #expect(try tree.verify().findings == [])
  }

  @Test func aLinkOutOfTheTreeIsFound() throws {
    let outside = FileManager.default.temporaryDirectory.path + "/verify-outside-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: outside) }
    try Data(TreeFixture.cmaf.files[Mutation.first] ?? []).write(to: URL(fileURLWithPath: outside))
    let report = try TreeFixture.cmaf.verify { root in
      try FileManager.default.removeItem(atPath: root + "/" + Mutation.first)
      try FileManager.default.createSymbolicLink(
        atPath: root + "/" + Mutation.first, withDestinationPath: outside)
    }
    #expect(report.findings.contains { $0.code == .uriOutside })
  }

  @Test func aPipeInTheTreeDoesNotStopIt() throws {
    let report = try TreeFixture.cmaf.verify { root in
      try FileManager.default.removeItem(atPath: root + "/" + Mutation.first)
      #expect(unsafe mkfifo(root + "/" + Mutation.first, 0o600) == 0)
    }
    #expect(report.findings.contains { $0.code == .fileMissing })
  }

  @Test func withoutAHashOnlyTheFormOfHashesIsChecked() throws {
    var tree = TreeFixture.cmaf
    tree.replace("packaged/clip/asset.json", "\"sha256\": \"", "\"sha256\": \"0")
    let report = try tree.verify(options: VerifyOptions())
    #expect(report.findings.allSatisfy { $0.code == .objectHash })
    #expect(report.findings.count > 10)
  }

  @Test func aPartBehindABaseURLIsFoundByItsName() throws {
    var tree = TreeFixture.cmaf
    tree.replace(Mutation.manifest, "\"url\": \"", "\"url\": \"https://cdn.example/media/current/")
    tree.seal()
    #expect(try tree.verify().findings == [])
  }
}
