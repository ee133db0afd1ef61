internal import TestKit
internal import Testing
internal import Verifying

/// Whatever bytes a tree holds, verification ends with a report. The seeds are fixed, so a failing round repeats.
@Suite struct RobustnessTests {
  @Test(arguments: 0..<120) func changedBytesNeverStopIt(seed: Int) throws {
    var random = SeededGenerator(state: UInt64(seed))
    var tree = seed % 3 == 0 ? TreeFixture.transport : TreeFixture.cmaf
    let names = tree.files.keys.sorted()
    for _ in 0..<6 {
      guard let name = names.randomElement(using: &random), var bytes = tree.files[name], !bytes.isEmpty
      else {
        continue
      }
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        for _ in 0..<8 {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
      case 1: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      case 2:
        let place = Int.random(in: bytes.indices, using: &random)
        for index in place..<min(place + 8, bytes.count) { bytes[index] = 0xFF }
      default:
        let place = Int.random(in: bytes.indices, using: &random)
        bytes.insert(contentsOf: bytes[place..<min(place + 40, bytes.count)], at: place)
      }
      tree.files[name] = bytes
    }
    let report = try tree.verify(deep: seed % 2 == 0)
    #expect(!report.findings.isEmpty)
    #expect(report.json.contains("\"findings\"") && !report.text().isEmpty)
  }

  /// Every four bytes of an init segment and of a fragment's head in turn become the largest number.
  @Test(arguments: [Mutation.initial, Mutation.soundInit, Mutation.first]) func hugeNumbersNeverStopIt(
    path: String
  ) throws {
    let whole = TreeFixture.cmaf
    let count = min(whole.files[path]?.count ?? 0, 400)
    for place in stride(from: 0, to: count - 4, by: 8) {
      var tree = whole
      tree.overwrite(
        path, at: place,
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF].prefix(min(8, count - place)).map { $0 })
      let report = try tree.verify(Mutation.master, deep: true)
      #expect(report.checked.playlists > 0)
    }
  }

  @Test(arguments: [0, 1, 3, 7, 100, 5000]) func noiseIsNoTree(length: Int) throws {
    var random = SeededGenerator(state: UInt64(length))
    let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
    for name in ["asset.json", "manifest.json", "master.m3u8"] {
      let report = try TreeFixture(files: [name: noise]).verify(name)
      #expect(!report.isClean)
    }
  }
}
