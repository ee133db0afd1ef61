internal import Media
internal import Testing

@testable internal import Encoding

@Suite("Black and silent ends") struct SourceEndsTests {
  /// Blocks of one channel, or of two.
  @Test(
    arguments: [
      ([[0, 0, 0.5, 0]], 2, 1), ([[0.5]], 0, 0), ([[0, 0, 0]], 3, 3), ([[0.0009, -0.0009, -0.0011]], 2, 0),
      ([[.nan, .infinity, 0]], 1, 1), ([[]], 0, 0),
    ] as [([[Float]], Int64, Int64)])
  func silenceOfOneBlock(_ planes: [[Float]], _ head: Int64, _ tail: Int64) {
    var meter = SilenceMeter()
    meter.add(planes, from: 0, count: planes[0].count)
    #expect(meter.head == head)
    #expect(meter.tail == tail)
  }

  @Test func silenceOverBlocksAndChannels() {
    var meter = SilenceMeter()
    meter.add([[9, 0, 0, 0], [9, 0, 0, 0]], from: 1, count: 3)
    #expect(meter.head == 3 && meter.tail == 3)
    meter.add([[0, 0, 0.5, 0], [0, 0.5, 0, 0]], from: 0, count: 4)
    #expect(meter.head == 4 && meter.tail == 1)
    meter.add([[0.5, 0], [0, 0]], from: 0, count: 2)
    #expect(meter.head == 4 && meter.tail == 1)
    meter.add([[0, 0], [0, 0]], from: 0, count: 2)
    #expect(meter.head == 4 && meter.tail == 3)
  }

  private func video(_ frames: [Int]) -> VideoPlan {
    var plan = VideoPlan(
      stream: 0, source: PictureSource(timebase: Rational(1, 1000), codedSize: PictureSize(16, 16)),
      frameRate: Rational(30000, 1001))
    for (index, count) in frames.enumerated() {
      plan.chunks.append(Chunk(index: index, firstFrame: plan.frames, frames: count, seek: 0))
      plan.frames += count
    }
    return plan
  }

  private func analysis(_ head: Int, _ tail: Int) -> ChunkAnalysis {
    ChunkAnalysis(
      size: PictureSize(16, 16), bits: BitSum(), frames: FrameBits(), gopBits: [], sceneCuts: [],
      blackHead: head, blackTail: tail,
      damage: PictureDamage())
  }

  /// (black frames at head and tail of chunks of ten frames, of the title)
  @Test(
    arguments: [
      ([(3, 2)], 3, 2), ([(10, 10), (4, 0), (0, 7)], 14, 7), ([(0, 0), (10, 10)], 0, 10),
      ([(10, 10), (10, 10)], 20, 20), ([(10, 10), (0, 5), (10, 10)], 10, 15),
    ] as [([(Int, Int)], Int64, Int64)])
  func blackOverChunks(_ chunks: [(Int, Int)], _ head: Int64, _ tail: Int64) {
    let ends = SourceEnds(
      video: video(chunks.map { _ in 10 }), analyses: chunks.map { analysis($0.0, $0.1) }, sound: [])
    let tick = Rational(1001, 30000)
    #expect(ends.black == SourceEnds.Ends(head: MediaTime(head, tick), tail: MediaTime(tail, tick)))
    #expect(ends.silent == nil)
  }

  @Test func silentWhereNoTrackIsHeard() {
    func track(_ rate: Int, _ head: Int64, _ tail: Int64) -> (plan: AudioPlan, result: AudioResult) {
      (
        AudioPlan(
          name: "a", group: "a", stream: 1, codec: .aac, channels: 2, sampleRate: rate, bitrate: 64000,
          language: nil, label: "a", isDefault: true),
        AudioResult(
          bytes: 0, samples: 0, silence: 0, silentHead: head, silentTail: tail, refusedPackets: 0)
      )
    }
    let ends = SourceEnds(
      video: video([10]), analyses: [], sound: [track(48000, 48000, 96000), track(44100, 44101, 44100)])
    #expect(ends.black == nil)
    #expect(ends.silent?.head == MediaTime(48000, Rational(1, 48000)))
    #expect(ends.silent?.tail == MediaTime(44100, Rational(1, 44100)))
    #expect(SourceEnds(video: nil, analyses: [], sound: []).silent == nil)
  }
}
