internal import Foundation
internal import Media
internal import Testing

@testable import Encoding

@Suite struct CaptionQueueTests {
  /// `count` triplets that nobody takes for padding.
  private static func picture(_ time: Int64, _ count: Int = 1) -> CaptionedPicture {
    var bytes = Data()
    for number in 0..<count {
      bytes += [0xfc, UInt8(0x20 + time % 64), UInt8(0x20 + number % 64)] as [UInt8]
    }
    return CaptionedPicture(time: time, bytes: bytes)
  }

  private func frames(_ pictures: [CaptionedPicture], _ schedule: [Int64]) -> [String] {
    CaptionQueue.frames(pictures, schedule: schedule).map { frame in
      let times = stride(from: 1, to: frame.bytes.count, by: 3).map { "\(Int(frame.bytes[$0]) - 0x20)" }
      return "\(frame.time): \(times.joined(separator: " "))"
    }
  }

  @Test func eachPictureToItsFrame() {
    #expect(frames((0..<3).map { Self.picture($0) }, [0, 1, 2]) == ["0: 0", "1: 1", "2: 2"])
  }

  @Test func droppedPicturesMoveOn() {
    #expect(frames((0..<7).map { Self.picture($0) }, [0, 2, 4]) == ["0: 0", "1: 1 2", "2: 3 4 5 6"])
  }

  @Test func repeatedFramesCarryNone() {
    #expect(frames((0..<2).map { Self.picture($0) }, [0, 0, 1, 1, 1]) == ["0: 0", "2: 1"])
  }

  @Test func secondFieldsCarryNone() {
    #expect(frames([Self.picture(0), Self.picture(2)], [0, 1, 2, 3]) == ["0: 0", "2: 2"])
  }

  @Test func picturesBeforeTheFirstAreNotLost() {
    #expect(frames([Self.picture(1), Self.picture(2), Self.picture(3)], [2, 3]) == ["0: 1 2", "1: 3"])
  }

  @Test func disorderIsSorted() {
    #expect(frames([Self.picture(2), Self.picture(1)], [1, 2]) == ["0: 1", "1: 2"])
  }

  @Test func noFrames() { #expect(frames([Self.picture(1)], []).isEmpty) }

  @Test func whatDoesNotFitWaits() {
    let frames = CaptionQueue.frames(
      [Self.picture(0, 20), Self.picture(1, 20), Self.picture(2, 20)], schedule: [2, 2, 2])
    #expect(frames.map(\.time) == [0, 1])
    #expect(frames.map(\.bytes.count) == [93, 87])
    #expect(
      frames.reduce(Data()) { $0 + $1.bytes }
        == [Self.picture(0, 20), Self.picture(1, 20), Self.picture(2, 20)].reduce(Data()) { $0 + $1.bytes })
  }

  @Test func paddingGoesFirst() {
    var padded = Self.picture(0, 20)
    padded.bytes += Data((0..<20).flatMap { _ in [0xfa, 0, 0] as [UInt8] }) + Data([0xfc, 0x80, 0x80])
    let small = CaptionedPicture(time: 0, bytes: padded.bytes.prefix(93))
    #expect(CaptionQueue.frames([padded], schedule: [0, 0]).map(\.bytes) == [Self.picture(0, 20).bytes])
    // Where there is room it stays.
    #expect(CaptionQueue.frames([small], schedule: [0]).map(\.bytes) == [small.bytes])
  }
}
