import Foundation
import Media
import Testing

@testable import Encoding

@Suite("First pictures of whole files") struct OpeningPictureTests {
  private func plan(_ outputs: [Output], seconds: Int = 6) -> Plan {
    let duration = MediaTime(Int64(seconds), Rational(1, 1))
    var plan = Plan(
      ladder: "test",
      timeline: Timeline(
        start: .zero, duration: duration, cuts: [duration], segmentDuration: duration),
      layout: Layout(templates: [:], id: "clip"))
    plan.outputs = outputs
    var video = VideoPlan(
      stream: 0, source: PictureSource(timebase: Rational(1, 30), codedSize: PictureSize(1280, 720)),
      frameRate: Rational(30, 1))
    (video.frames, video.gopFrames) = (30 * seconds, 60)
    plan.video = video
    return plan
  }

  @Test("only what is nothing but whole files, and short enough for its index to leave room")
  func holdsForWholeFiles() throws {
    let room = try #require(OpeningPicture(plan([.mp4, .images]))?.room)
    #expect(room > 60_000 && room < 65_536 - 2_500)
    #expect(OpeningPicture(plan([.hls, .mp4])) == nil)
    #expect(OpeningPicture(plan([.hls])) == nil)
    #expect(OpeningPicture(plan([.mp4], seconds: 40)) != nil)
    #expect(OpeningPicture(plan([.mp4], seconds: 600)) == nil)
  }

  @Test("a picture that is too large is raised, more the larger it is, and never without end")
  func raises() throws {
    let opening = try #require(OpeningPicture(plan([.mp4])))
    let asked = Allotment(bitrate: 2_800_000, scale: .none)
    #expect(opening.again(opening.room, asked) == nil)
    let little = try #require(opening.again(opening.room + 1000, asked)?.openingRaised)
    let much = try #require(opening.again(4 * opening.room, asked)?.openingRaised)
    #expect(little >= 1 && little < 2 && much > 10)
    var most = asked
    for _ in 0..<10 { most = opening.again(50 * opening.room, most) ?? most }
    #expect(most.openingRaised == 24)
    #expect(opening.again(50 * opening.room, most) == nil)
  }

  @Test("one that was raised too far comes back by a part of the way, one that was not is left alone")
  func comesBack() throws {
    let opening = try #require(OpeningPicture(plan([.mp4])))
    var asked = Allotment(bitrate: 2_800_000, scale: .none)
    #expect(opening.again(opening.room / 3, asked) == nil)
    asked.openingRaised = 12
    #expect(opening.again(opening.room * 7 / 10, asked) == nil)
    let back = try #require(opening.again(opening.room / 3, asked)?.openingRaised)
    #expect(back > 6 && back < 9)
  }

  @Test("the tree of a first picture is raised, block by block, and no other's")
  func tree() {
    // Two pictures of 2 by 1 blocks: -1.5 and 1/256; then 1 and 127.99.
    let tree: [UInt8] = [0, 0xfe, 0x80, 0x00, 0x01, 1, 0x01, 0x00, 0x7f, 0xff]
    let size = PictureSize(20, 16)
    #expect(
      SecondPassFiles.raised(tree, by: 2.5, of: size) == [0, 0x01, 0x00, 0x02, 0x81] + tree.dropFirst(5))
    // At the end of its range it stays there, and a file that was cut short is no fault.
    let limits: [UInt8] = [0, 0x7f, 0xf0, 0x00]
    #expect(SecondPassFiles.raised(limits, by: 24, of: size) == [0, 0x7f, 0xff, 0x00])
    #expect(SecondPassFiles.raised([], by: 24, of: size) == [])
  }
}
