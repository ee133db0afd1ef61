internal import Media
internal import Probing
internal import Testing

@Suite struct CadenceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let times: [Int64]
    let timebase: Rational
    var hints: [Rational] = []
    let rate: Rational?
    let isConstant: Bool
    var testDescription: String { name }
  }

  /// The times of `count` pictures at `rate`, rounded to ticks of `timebase`.
  private static func steady(_ count: Int64, _ rate: Rational, _ timebase: Rational) -> [Int64] {
    (0..<count).map { MediaTime($0, rate.inverse).ticks(in: timebase) }
  }

  private static let ms = Rational(1, 1000)
  private static let ts = Rational(1, 90000)
  private static let ntsc = Rational(30000, 1001)
  private static let film = Rational(24000, 1001)

  static let cases: [Case] = [
    Case(name: "none", times: [], timebase: ms, rate: nil, isConstant: false),
    Case(name: "one", times: [5], timebase: ms, rate: nil, isConstant: false),
    Case(
      name: "25", times: steady(50, Rational(25, 1), ts), timebase: ts, rate: Rational(25, 1),
      isConstant: true),
    Case(name: "29.97 exact", times: steady(60, ntsc, ts), timebase: ts, rate: ntsc, isConstant: true),
    Case(name: "29.97 in ms", times: steady(300, ntsc, ms), timebase: ms, rate: ntsc, isConstant: true),
    Case(
      name: "30 in ms", times: steady(300, Rational(30, 1), ms), timebase: ms, rate: Rational(30, 1),
      isConstant: true),
    Case(name: "23.976 in ms", times: steady(240, film, ms), timebase: ms, rate: film, isConstant: true),
    Case(
      name: "short 29.97 in ms, told by the container", times: steady(8, ntsc, ms), timebase: ms,
      hints: [ntsc],
      rate: ntsc, isConstant: true),
    Case(
      name: "59.94 in ms", times: steady(600, Rational(60000, 1001), ms), timebase: ms,
      rate: Rational(60000, 1001), isConstant: true),
    Case(
      name: "a lost picture", times: steady(50, Rational(25, 1), ts).filter { $0 != 36000 }, timebase: ts,
      rate: Rational(25, 1), isConstant: false),
    Case(
      name: "phone", times: [0, 3005, 5998, 9003, 12001, 15010, 24030, 27025, 30027, 33020], timebase: ts,
      rate: Rational(30, 1), isConstant: false),
    Case(
      name: "slides", times: [0, 5000, 10000, 15000], timebase: ms, rate: Rational(1, 5), isConstant: true),
    Case(
      name: "own rate", times: steady(100, Rational(18, 1), ts), timebase: ts, rate: Rational(18, 1),
      isConstant: true),
    Case(
      name: "huge", times: [Int64.min / 4, 0, Int64.max / 4], timebase: Rational(1, 1), rate: nil,
      isConstant: true),
  ]

  @Test(arguments: cases) func rate(_ expected: Case) {
    let found = Cadence(times: expected.times, timebase: expected.timebase, hints: expected.hints)
    if expected.name != "huge" { #expect(found.rate == expected.rate) }
    #expect(found.isConstant == expected.isConstant)
    #expect((found.interval == nil) == (expected.times.count < 2))
  }
}

@Suite struct UprightingTests {
  private static let one: Int32 = 0x10000

  /// a, b, c, d and what they mean.
  @Test(
    arguments: [
      ([1, 0, 0, 1], 0, false), ([0, 1, -1, 0], 90, false), ([-1, 0, 0, -1], 180, false),
      ([0, -1, 1, 0], 270, false), ([-1, 0, 0, 1], 0, true), ([1, 0, 0, -1], 180, true),
      ([0, -1, -1, 0], 90, true), ([0, 1, 1, 0], 270, true),
    ] as [([Int32], Int, Bool)])
  func quarterTurns(_ parts: [Int32], _ degrees: Int, _ mirrored: Bool) {
    let p = parts.map { $0 * UprightingTests.one }
    let found = Uprighting.orientation([p[0], p[1], 0, p[2], p[3], 0, 0, 0, 1 << 30])
    #expect(found.orientation == Orientation(degrees: degrees, mirrored: mirrored))
    #expect(found.isExact)
  }

  @Test func oddAnglesAndDamage() {
    // 30 degrees clockwise, 80 degrees clockwise, all zero, the largest numbers.
    let odd = Uprighting.orientation([56756, 32768, 0, -32768, 56756, 0, 0, 0, 1 << 30])
    #expect(odd.orientation == Orientation() && !odd.isExact)
    let steep = Uprighting.orientation([11380, 64540, 0, -64540, 11380, 0, 0, 0, 1 << 30])
    #expect(steep.orientation == Orientation(degrees: 90) && !steep.isExact)
    let zero = Uprighting.orientation([0, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(zero.orientation.isUpright && !zero.isExact)
    let short = Uprighting.orientation([1])
    #expect(!short.isExact)
    let huge = Uprighting.orientation([.min, .min, 0, .max, .min, 0, 0, 0, 0])
    #expect([0, 90, 180, 270].contains(huge.orientation.degrees))
  }

  @Test(arguments: [
    (PictureSize(720, 576), Rational(16, 15), 0, PictureSize(768, 576)),
    (PictureSize(720, 480), Rational(8, 9), 0, PictureSize(640, 480)),
    (PictureSize(1440, 1080), Rational(4, 3), 0, PictureSize(1920, 1080)),
    (PictureSize(1920, 1080), Rational(1, 1), 90, PictureSize(1080, 1920)),
    (PictureSize(1440, 1080), Rational(4, 3), 270, PictureSize(1080, 1920)),
    (PictureSize(0, 0), Rational(1, 1), 0, PictureSize(0, 0)),
  ])
  func displayedSizes(_ coded: PictureSize, _ aspect: Rational, _ degrees: Int, _ shown: PictureSize) {
    #expect(
      Uprighting.displayedSize(
        coded: coded, sampleAspectRatio: aspect, orientation: Orientation(degrees: degrees)) == shown)
  }
}

@Suite struct NameTests {
  @Test(
    arguments: [
      ("eng", "en"), ("ger", "de"), ("deu", "de"), ("fil", "fil"), ("en", "en"), ("EN-us", "en-US"),
      ("zh-hans-cn", "zh-Hans-CN"), ("deu,fra", "de"), ("und", nil), ("mul", nil), ("qaa", nil), ("", nil),
      (nil, nil), ("../x", nil), ("e\"n", nil), ("english", nil), ("jpn\n", nil), ("en-\u{7}", "en"),
    ] as [(String?, String?)])
  func languages(_ stated: String?, _ tag: String?) { #expect(Languages.tag(stated) == tag) }

  @Test(
    arguments: [
      ("h264", 40, "4.0"), ("h264", 9, "1b"), ("h264", 31, "3.1"), ("hevc", 123, "4.1"), ("hevc", 93, "3.1"),
      ("hevc", 1, nil), ("av1", 9, "4.1"), ("av1", 31, nil), ("mpeg2video", 8, "Main"), ("aac", 3, nil),
      ("h264", -99, nil), ("h264", nil, nil),
    ] as [(String, Int?, String?)])
  func levels(_ codec: String, _ number: Int?, _ name: String?) {
    #expect(CodecNames.level(codec: codec, number) == name)
  }

  @Test func formats() {
    let iso = "mov,mp4,m4a,3gp,3g2,mj2"
    #expect(CodecNames.format(iso, majorBrand: "isom") == "mp4")
    #expect(CodecNames.format(iso, majorBrand: "qt  ") == "mov")
    #expect(CodecNames.format(iso, majorBrand: nil) == "mov")
    #expect(CodecNames.format("matroska,webm", majorBrand: nil) == "matroska")
    #expect(CodecNames.format("avi", majorBrand: nil) == "avi")
  }

  @Test func titlesAreCleaned() {
    #expect("a\n\tb\u{202e} \u{1b}[31mc".presentable == "a b [31mc")
    #expect(" \u{0}\r\n".presentable == nil)
    #expect(String(repeating: "x", count: 500).presentable?.count == 200)
  }

  @Test(arguments: [
    ProbeFailure.empty, .unreadable("Input/output error"), .notMedia, .refusedFormat("hls"),
    .damaged(format: "mp4", reason: "x"), .damaged(format: "avi", reason: "x"), .noStreams(format: "avi"),
  ])
  func failuresAreOneLine(_ failure: ProbeFailure) {
    #expect(failure.message.contains(";") && !failure.message.contains("\n"))
    #expect(failure.code.allSatisfy { $0.isLowercase || $0 == "-" })
  }
}
