internal import Encoding
internal import Media
internal import Testing

/// A title of one-second GOPs whose chunks cost what is given, in bits at quantiser 29.
private struct Title {
  var plan: VideoPlan
  var analyses: [ChunkAnalysis]

  init(chunkBits: [Double], framesPerChunk: Int = 60, size: PictureSize = PictureSize(640, 360)) {
    plan = VideoPlan(
      stream: 0, source: PictureSource(timebase: Rational(1, 30), codedSize: size), frameRate: Rational(30, 1)
    )
    plan.frames = framesPerChunk * chunkBits.count
    plan.gopFrames = 30
    plan.segmentFrames = Array(stride(from: 0, through: plan.frames, by: 180))
    if plan.segmentFrames.last != plan.frames { plan.segmentFrames.append(plan.frames) }
    plan.chunks = chunkBits.indices.map {
      Chunk(index: $0, firstFrame: $0 * framesPerChunk, frames: framesPerChunk, seek: Int64($0))
    }
    analyses = chunkBits.map { bits in
      var sum = BitSum()
      (sum.frames, sum.quantiser) = (framesPerChunk, 29)
      (sum.texture, sum.motion, sum.other) = (bits * 0.8, bits * 0.15, bits * 0.05)
      let each = FrameBits(
        texture: Array(repeating: Int(sum.texture) / framesPerChunk, count: framesPerChunk),
        motion: Array(repeating: Int(sum.motion) / framesPerChunk, count: framesPerChunk),
        other: Array(repeating: Int(sum.other) / framesPerChunk, count: framesPerChunk))
      return ChunkAnalysis(
        size: size, bits: sum, frames: each, gopBits: [bits], sceneCuts: [], blackHead: 0, blackTail: 0,
        damage: PictureDamage())
    }
  }

  func allocation(_ control: RateControl, calibrations: [Calibration] = []) -> Allocation {
    var controls = EncodeControls()
    controls.rateControl = control
    return Allocation(video: plan, controls: controls, chunks: analyses, calibrations: calibrations)
  }
}

private func rung(_ bitrate: Int, _ size: PictureSize = PictureSize(640, 360)) -> Rung {
  Rung(
    name: "360p", codec: .h264, size: size, bitrate: bitrate, maxBitrate: bitrate * 107 / 100,
    profile: "high",
    level: 30)
}

@Suite("Allocation") struct AllocationTests {
  @Test("a fixed rate is hit by the whole title, and a chunk that costs twice gets more")
  func fixedRate() {
    let title = Title(chunkBits: [1_000_000, 1_200_000, 800_000, 1_000_000])
    let rates = title.allocation(.fixed).allotments(for: rung(800_000)).map(\.bitrate)
    #expect(rates.count == 4)
    #expect(abs(rates.reduce(0, +) / 4 - 800_000) < 8_000)
    #expect(rates[1] > rates[0] && rates[0] > rates[2] && rates[0] == rates[3])
  }

  @Test("no chunk gets more than the peak, and what that frees goes to the others")
  func waterFilling() {
    let title = Title(chunkBits: [1_000_000, 9_000_000, 1_000_000, 1_000_000])
    let rates = title.allocation(.fixed).allotments(for: rung(800_000)).map(\.bitrate)
    #expect(rates[1] <= 856_000)
    #expect(abs(rates.reduce(0, +) / 4 - 800_000) < 8_000)
    #expect(rates[0] > 700_000 && rates[0] == rates[2])
  }

  @Test("an easy title takes what its quality costs, a hard one no more than with a fixed rate")
  func capped() {
    let easy = Title(chunkBits: [100_000, 120_000]).allocation(.capped).allotments(for: rung(800_000))
    #expect(easy.allSatisfy { $0.bitrate < 80_000 && $0.bitrate > 40_000 })
    // 12 s.
    let hard = Title(chunkBits: [9_000_000, 8_000_000, 9_000_000, 8_000_000, 9_000_000, 8_000_000])
    #expect(
      hard.allocation(.capped).allotments(for: rung(800_000))
        == hard.allocation(.fixed).allotments(for: rung(800_000)))
  }

  @Test(
    "under capped rates a clip is asked for a little less, and is not made again for what is then missing")
  func clip() {
    let title = Title(chunkBits: [9_000_000, 8_000_000])
    let asked = title.allocation(.capped).allotments(for: rung(800_000))
    let total = asked.map(\.bitrate).reduce(0, +) / 2
    #expect(total > 770_000 && total < 790_000)
    func again(_ rate: Int, _ control: RateControl) -> Bool {
      var controls = EncodeControls()
      controls.rateControl = control
      let check = RateCheck(
        video: title.plan, rung: rung(800_000), bufferSeconds: 1.5, margins: .measured(title.plan, controls))
      let sizes = title.plan.chunks.map { Array(repeating: rate / 8 / 30, count: $0.frames) }
      let asked = title.allocation(control).allotments(for: rung(800_000))
      return !check.again(sizes, asked).isEmpty
    }
    #expect(!again(745_000, .capped) && again(720_000, .capped) && again(840_000, .capped))
    #expect(again(745_000, .fixed))
  }

  @Test("black pictures still get a rate that an encoder can be asked for")
  func black() {
    let rates = Title(chunkBits: [0, 0]).allocation(.capped).allotments(for: rung(800_000)).map(\.bitrate)
    #expect(rates == [16_000, 16_000])
  }

  @Test("what a trial measured goes before what is usual for the size")
  func calibrated() {
    let title = Title(chunkBits: [1_000_000, 1_000_000])
    let big = rung(2_800_000, PictureSize(1280, 720))
    var tried = title.analyses[0].bits
    let analysed = tried
    tried.texture *= 3
    tried.motion *= 4
    let calibration = Calibration(analysed: analysed, rungs: ["360p": tried], restorable: [:])
    let scale = title.allocation(.fixed, calibrations: [calibration]).scale(for: big, at: 29)
    #expect(abs(scale.texture - 3) < 0.001 && abs(scale.motion - 4) < 0.001 && abs(scale.other - 1) < 0.001)
    let usual = title.allocation(.fixed).scale(for: big, at: 29)
    #expect(usual == BitScale(from: PictureSize(640, 360), to: PictureSize(1280, 720)))
  }

  @Test("what the first wave's bits were spent on is expected of the rest, which makes up for what it missed")
  func waves() throws {
    let title = Title(chunkBits: Array(repeating: 1_000_000, count: 8))
    let plain = title.allocation(.fixed)
    let wave = Allocation.firstWave(title.plan)
    #expect(wave == [1, 5])
    let first = plain.allotments(for: rung(800_000))
    let took = Dictionary(uniqueKeysWithValues: wave.map { ($0, 1.05 * Double(first[$0].bitrate) * 2) })
    let spent = wave.sorted().map { index in
      var bits = title.analyses[index].bits
      bits.motion *= 3
      return Calibration(analysed: title.analyses[index].bits, rungs: ["360p": bits])
    }
    let later = plain.allotments(for: rung(800_000), first: first, took: took, spent: spent)
    #expect(wave.allSatisfy { later[$0] == first[$0] })
    let rest = later.indices.filter { !wave.contains($0) }
    #expect(rest.allSatisfy { abs(later[$0].scale.motion - 3) < 0.001 })
    let total = took.values.reduce(0, +) + rest.reduce(0) { $0 + 2 * Double(later[$1].bitrate) }
    #expect(abs(total / (800_000 * 16) - 1) < 0.002)
    #expect(Allocation.firstWave(Title(chunkBits: [1, 1, 1, 1, 1]).plan).isEmpty)
  }

  @Test("a chunk that would run the bucket dry is encoded under watch, its neighbours are not")
  func watched() {
    var title = Title(chunkBits: [800_000, 800_000, 1_500_000, 800_000, 800_000, 800_000])
    // All of the third chunk's bits come in its first ten frames.
    let heavy = title.analyses[2].bits
    title.analyses[2].frames = FrameBits(
      texture: Array(repeating: Int(heavy.texture) / 10, count: 10) + Array(repeating: 0, count: 50),
      motion: Array(repeating: 0, count: 60), other: Array(repeating: 0, count: 60))
    let given = title.allocation(.fixed).allotments(for: rung(800_000))
    #expect(given[2].buffer != nil)
    #expect(given[0].buffer == nil && given[5].buffer == nil)
  }

  @Test("still pictures, whose bits are nearly all in their keyframes, are watched and keep the title's rate")
  func watchedNotLowered() {
    var title = Title(chunkBits: Array(repeating: 1_000_000, count: 6))
    for index in title.analyses.indices {
      let bits = title.analyses[index].bits
      title.analyses[index].frames = FrameBits(
        texture: [Int(bits.texture)] + Array(repeating: 0, count: 59),
        motion: Array(repeating: 0, count: 60), other: Array(repeating: 0, count: 60))
    }
    let given = title.allocation(.fixed).allotments(for: rung(800_000))
    #expect(given.contains { $0.buffer != nil })
    #expect(abs(Double(given.map(\.bitrate).reduce(0, +)) / 6 - 800_000) < 8_000)
  }

  @Test("trials are spread evenly: one for each 30 s, six at most, one at least")
  func spread() {
    func indices(_ chunks: Int) -> [Int] {
      Allocation.calibrated(Title(chunkBits: Array(repeating: 1, count: chunks), framesPerChunk: 120).plan)
        .map(\.index)
    }
    #expect(indices(1) == [0])
    #expect(indices(5) == [2])
    #expect(indices(16) == [4, 12])
    #expect(indices(900).count == 6)
  }

  @Test("bits grow by x264's own law when the quantiser falls")
  func model() {
    var sum = BitSum()
    (sum.frames, sum.quantiser, sum.texture, sum.motion, sum.other) = (10, 30, 1000, 100, 10)
    #expect(abs(sum.bits(at: 30) - 1110) < 0.001)
    #expect(abs(sum.bits(at: 24) - (1000 * 2.1435469 + 100 * 1.4142136 + 10)) < 0.01)
    let both = sum + sum
    #expect(both.frames == 20 && both.quantiser == 30 && both.texture == 2000)
  }
}

@Suite("Rate check") struct RateCheckTests {
  private let title = Title(chunkBits: Array(repeating: 1, count: 6), framesPerChunk: 60)
  private var allotments: [Allotment] {
    title.plan.chunks.map { _ in
      Allotment(bitrate: 800_000, scale: .none)
    }
  }

  private func again(_ sizes: [[Int]], isStrict: Bool = false) -> [Int: Allotment] {
    RateCheck(video: title.plan, rung: rung(800_000), bufferSeconds: 1.5)
      .again(sizes, allotments, isStrict: isStrict)
  }

  @Test("a stream at the rate is left alone")
  func steady() {
    #expect(again(Array(repeating: Array(repeating: 800_000 / 8 / 30, count: 60), count: 6)).isEmpty)
  }

  @Test("a burst that runs the bucket dry has its chunk made again, lower and with what is in the bucket")
  func dry() throws {
    var sizes = Array(repeating: Array(repeating: 800_000 / 8 / 30, count: 60), count: 6)
    sizes[3] = Array(repeating: 2 * 800_000 / 8 / 30, count: 60)
    let result = again(sizes)
    let mended = try #require(result[3])
    #expect(mended.bitrate < 800_000)
    #expect(try #require(mended.buffer).startFullness < 1)
    #expect(result.keys.allSatisfy { $0 == 3 })
  }

  @Test("a rung that misses its rate has the fewest chunks made again that bring it back")
  func drifted() throws {
    var sizes = Array(repeating: Array(repeating: 800_000 / 8 / 30 * 97 / 100, count: 60), count: 6)
    let raised = again(sizes)
    #expect(raised.count == 3)
    #expect(raised.values.allSatisfy { $0.bitrate > 810_000 && $0.bitrate < 860_000 })
    sizes[2] = Array(repeating: 800_000 / 8 / 30 * 90 / 100, count: 60)
    #expect(again(sizes).keys.contains(2))
  }

  @Test("a chunk under watch of the whole buffer may be raised, one that is held to the peak may not")
  func raisedUnderWatch() {
    let sizes = Array(repeating: Array(repeating: 800_000 / 8 / 30 * 94 / 100, count: 60), count: 6)
    let check = RateCheck(video: title.plan, rung: rung(800_000), bufferSeconds: 1.5)
    func raised(_ bits: Int) -> Int {
      let buffer = Allotment.Buffer(bits: bits, startFullness: 0.8)
      return check.again(
        sizes, allotments.map { Allotment(bitrate: $0.bitrate, scale: .none, buffer: buffer) }
      )
      .count { $0.value.bitrate > 800_000 }
    }
    #expect(raised(1_284_000) > 0)
    #expect(raised(256_800) == 0)
  }

  @Test("a title that reaches its quality with less is left alone")
  func easy() {
    let sizes = Array(repeating: Array(repeating: 400_000 / 8 / 30, count: 60), count: 6)
    let asked = title.plan.chunks.map { _ in Allotment(bitrate: 400_000, scale: .none) }
    #expect(RateCheck(video: title.plan, rung: rung(800_000), bufferSeconds: 1.5).again(sizes, asked).isEmpty)
  }

  @Test("a run of segments above the peak by more than a tenth names its heaviest chunk")
  func fast() throws {
    // One and a quarter of the rate for six seconds: the bucket of 1.5 s holds it, the segment is too fast.
    var sizes = Array(repeating: Array(repeating: 800_000 / 8 / 60, count: 60), count: 6)
    for chunk in 3..<6 { sizes[chunk] = Array(repeating: 800_000 / 8 / 30 * 121 / 100, count: 60) }
    sizes[4] = sizes[4].map { $0 + 20 }
    let result = again(sizes)
    let lowered = try #require(result[4])
    #expect(lowered.bitrate < 1_000_000 && lowered.buffer == nil)
    // Where that was not enough, the encoder is held to the bound.
    let held = try #require(again(sizes, isStrict: true)[4])
    #expect(held.bitrate == lowered.bitrate && held.buffer?.bits == 256_800)
  }
}
