internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable internal import Encoding

/// What x264 writes of one frame, with the fields that are read.
private func line(_ shown: Int, _ type: Character, quantiser: Double = 30, texture: Int = 3000) -> String {
  "in:\(shown) out:0 type:\(type) dur:2 cpbdur:2 q:\(quantiser) aq:20.00 tex:\(texture) mv:3000 misc:3000 imb:1 "
    + "pmb:2 smb:3 d:- ref:0 ;"
}

@Suite("x264's statistics") struct PassStatisticsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("statistics") }

  private func statistics(_ lines: [String]) throws -> PassStatistics {
    let path = folder.file("stats")
    try Data((["#options: 320x180"] + lines).joined(separator: "\n").utf8).write(
      to: URL(fileURLWithPath: path))
    return try PassStatistics(path: path)
  }

  /// A keyframe, then groups of a later frame and the two before it.
  private func gop(from first: Int, groups: Int) -> [String] {
    [line(first, "I")]
      + (0..<groups).flatMap { group in
        let shown = first + 1 + 3 * group
        return [line(shown + 2, "P"), line(shown, "b"), line(shown + 1, "b")]
      }
  }

  @Test("what is tried is whole groups of frames, within the first GOP")
  func beginning() throws {
    // 1 + 3 * 8 is the first end of a group that is enough.
    #expect(try statistics(gop(from: 0, groups: 20)).beginning(of: 24).count == 25)
    #expect(try statistics(gop(from: 0, groups: 20)).beginning(of: 10).count == 10)
    #expect(try statistics(gop(from: 0, groups: 3) + gop(from: 10, groups: 20)).beginning(of: 24).count == 10)
    #expect(try statistics(gop(from: 0, groups: 2)).beginning(of: 24).count == 7)
    // The last one shown comes second: no part of it is whole.
    let late = [line(0, "I"), line(39, "P")] + (1..<39).map { line($0, "b") }
    #expect(try statistics(late).beginning(of: 24).count == 40)
  }

  @Test("keyframes and others are carried over to the whole by themselves")
  func extrapolated() throws {
    let analysis = try statistics([line(0, "I")] + (1..<101).map { line($0, "P") })
    let tried = analysis.frames.prefix(26)
    let measured = try statistics(
      [line(0, "I", quantiser: 20, texture: 9000)]
        + (1..<26).map { line($0, "P", quantiser: 26, texture: 6000) }
    ).frames
    let sum = PassStatistics.extrapolated(measured, like: tried, to: analysis.frames)
    #expect(sum.frames == 101)
    #expect(abs(sum.texture - (9000 + 100 * 6000)) < 1)
    #expect(abs(sum.motion - 101 * 3000) < 1)
    #expect(abs(sum.quantiser - (20 + 100 * 26) / 101.0) < 0.001)
  }
}
