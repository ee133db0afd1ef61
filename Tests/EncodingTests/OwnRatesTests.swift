internal import Encoding
internal import Media
internal import Testing

/// Rungs whose encoder plans its own bits, held to what they promise.
@Suite("Own rates") struct OwnRatesTests {
  /// Chunks of two seconds at 30 frames a second, in segments of six.
  private func plan(_ count: Int) -> VideoPlan {
    var plan = VideoPlan(
      stream: 0, source: PictureSource(timebase: Rational(1, 30), codedSize: PictureSize(640, 360)),
      frameRate: Rational(30, 1))
    plan.frames = 60 * count
    plan.gopFrames = 60
    plan.segmentFrames = Array(stride(from: 0, through: plan.frames, by: 180))
    plan.chunks = (0..<count).map { Chunk(index: $0, firstFrame: 60 * $0, frames: 60, seek: 0) }
    return plan
  }

  private let rung = Rung(
    name: "360p-hevc", codec: .hevc, size: PictureSize(640, 360), bitrate: 600_000, maxBitrate: 900_000,
    profile: "main", level: 63)

  private func rates(_ control: RateControl, _ shares: [Int]) -> OwnRates {
    var controls = EncodeControls()
    controls.rateControl = control
    return OwnRates(
      video: plan(shares.count), rung: rung, controls: controls,
      shares: shares.map { Allotment(bitrate: $0, scale: .none) })
  }

  /// Frames of chunks that took so many bits a second.
  private func sizes(_ rates: [Int]) -> [[Int]] {
    rates.map { Array(repeating: $0 / 8 / 30, count: 60) }
  }

  private func isLeftAlone(_ own: inout OwnRates, _ sizes: [[Int]], last: Bool) -> Bool {
    own.again(sizes, last: last) == nil
  }

  @Test("fixed: shares are brought to the rung's rate, none above its peak")
  func first() throws {
    let first = rates(.fixed, [300_000, 300_000, 1_800_000]).first
    let asked = try #require(first).map(\.bitrate)
    #expect(asked[2] == 891_000 && asked[0] == asked[1])
    #expect(abs(asked.reduce(0, +) - 1_800_000) < 10_000)
    #expect(rates(.capped, [600_000]).first == nil)
  }

  @Test("fixed: a title within the tolerance is left alone")
  func near() {
    var own = rates(.fixed, [600_000, 600_000, 600_000])
    #expect(isLeftAlone(&own, sizes([594_000, 606_000, 598_000]), last: false))
  }

  @Test("fixed: the chunks that missed most are asked for as much more as they missed, until the whole fits")
  func tooLittle() throws {
    var own = rates(.fixed, [600_000, 600_000, 600_000])
    let againFound = own.again(sizes([600_000, 480_000, 597_000]), last: false)
    let again = try #require(againFound)
    #expect(again.chunks == [1])
    #expect(again.allotments.map(\.bitrate) == [600_000, 750_000, 600_000])
    // Now it fits; and the next round starts from what was asked for.
    #expect(isLeftAlone(&own, sizes([600_000, 600_000, 597_000]), last: false))
    let moreFound = own.again(sizes([600_000, 500_000, 597_000]), last: false)
    let more = try #require(moreFound)
    #expect(more.allotments[1].bitrate == 900_000)
    var final = rates(.fixed, [600_000, 600_000, 600_000])
    #expect(isLeftAlone(&final, sizes([600_000, 480_000, 597_000]), last: true))
  }

  @Test("an encoder that has nothing more to say is not asked again")
  func easy() {
    var own = rates(.fixed, [600_000, 600_000])
    #expect(isLeftAlone(&own, sizes([100_000, 120_000]), last: false))
  }

  @Test("capped: quality decides while the title is below the rate; above it each chunk gives the same share")
  func capped() throws {
    var easy = rates(.capped, [600_000, 600_000])
    #expect(isLeftAlone(&easy, sizes([300_000, 500_000]), last: false))
    var hard = rates(.capped, [600_000, 600_000, 600_000])
    let againFound = hard.again(sizes([800_000, 400_000, 900_000]), last: false)
    let again = try #require(againFound)
    let asked = again.allotments.map(\.bitrate)
    #expect(again.chunks == [0, 1, 2] || again.chunks == [0, 2])
    #expect(abs(Double(asked[0]) / 800_000 - 6.0 / 7) < 0.01)
    #expect(abs(Double(asked[2]) / 900_000 - 6.0 / 7) < 0.01)
  }

  @Test("what is above the peak is lowered, in the last round too")
  func peak() throws {
    var own = rates(.capped, Array(repeating: 600_000, count: 9))
    let fast = [100_000, 100_000, 100_000, 1_100_000, 1_100_000, 1_100_000, 100_000, 100_000, 100_000]
    let againFound = own.again(sizes(fast), last: true)
    let again = try #require(againFound)
    #expect(!again.chunks.isEmpty && again.chunks.isSubset(of: [3, 4, 5]))
    for chunk in again.chunks { #expect(again.allotments[chunk].bitrate <= 900_000) }
  }
}
