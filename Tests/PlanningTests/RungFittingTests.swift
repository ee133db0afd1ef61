import Media
import Planning
import Testing

/// `1080p 1920x1080 5000/5350 L40` for each rung.
private func table(_ plan: VideoPlan) -> [String] {
  plan.rungs.map { "\($0.name) \($0.size) \($0.bitrate / 1000)/\($0.maxBitrate / 1000) L\($0.level)" }
}

private func sizes(_ width: Int, _ height: Int, _ ladder: Ladder = .sample) throws -> [String] {
  try Sample(width, height, pictures: 30).videoPlan(ladder).rungs.map { "\($0.name) \($0.size)" }
}

@Suite struct RungFittingTests {
  @Test func aPictureOfTheTopBoxGetsTheLadder() throws {
    #expect(
      table(try Sample().videoPlan()) == [
        "1080p 1920x1080 5000/5350 L40", "720p 1280x720 2800/2996 L31", "480p 854x480 1400/1498 L31",
        "360p 640x360 800/856 L30", "240p 426x240 400/428 L21",
      ])
  }

  @Test(arguments: [
    // Wide film keeps its shape; every rung fills its box's width.
    (1920, 804, ["1080p 1920x804", "720p 1280x536", "480p 854x358", "360p 640x268", "240p 426x178"]),
    // Portrait turns the boxes.
    (1080, 1920, ["1080p 1080x1920", "720p 720x1280", "480p 480x854", "360p 360x640", "240p 240x426"]),
    (1080, 2400, ["1080p 864x1920", "720p 576x1280", "480p 384x854", "360p 288x640", "240p 192x426"]),
    (1080, 1080, ["1080p 1080x1080", "720p 720x720", "480p 480x480", "360p 360x360", "240p 240x240"]),
    (3840, 2160, ["1080p 1920x1080", "720p 1280x720", "480p 854x480", "360p 640x360", "240p 426x240"]),
    // Within 10 % of a box counts as it, at its own size.
    (1900, 1068, ["1080p 1900x1068", "720p 1280x720", "480p 854x480", "360p 640x360", "240p 426x240"]),
    (1728, 972, ["1080p 1728x972", "720p 1280x720", "480p 854x480", "360p 640x360", "240p 426x240"]),
    (1408, 792, ["720p 1280x720", "480p 854x480", "360p 640x360", "240p 426x240"]),
    // Between two boxes: a rung of its own.
    (1600, 900, ["900p 1600x900", "720p 1280x720", "480p 854x480", "360p 640x360", "240p 426x240"]),
    (900, 1600, ["900p 900x1600", "720p 720x1280", "480p 480x854", "360p 360x640", "240p 240x426"]),
    (1600, 670, ["900p 1600x670", "720p 1280x536", "480p 854x358", "360p 640x268", "240p 426x178"]),
    (1410, 794, ["794p 1410x794", "720p 1278x720", "480p 852x480", "360p 640x360", "240p 426x240"]),
    (1024, 576, ["576p 1024x576", "480p 854x480", "360p 640x360", "240p 426x240"]),
    (1281, 721, ["720p 1280x720", "480p 852x480", "360p 640x360", "240p 426x240"]),
    // The smallest stays, at the picture's size.
    (320, 180, ["240p 320x180"]), (853, 479, ["480p 852x478", "360p 640x360", "240p 426x240"]),
    (2, 2, ["240p 2x2"]), (1, 1, ["240p 2x2"]), (3, 5, ["240p 2x4"]), (16, 4000, ["240p 2x426"]),
    (4000, 16, ["240p 426x2"]),
  ])
  func theDisplayedPictureFitsTheBoxes(width: Int, height: Int, expected: [String]) throws {
    let fitted = try sizes(width, height)
    if width == 16 || height == 16 {
      // Sixteen times higher than wide fills every box.
      #expect(fitted.last == expected.last)
    } else {
      #expect(fitted == expected)
    }
  }

  @Test func aRungBetweenTwoBoxesIsRatedByItsPixels() throws {
    let plan = try Sample(1600, 900).videoPlan()
    // 0.45 of the pixels from 720p to 1080p.
    #expect(table(plan)[0] == "900p 1600x900 3790/4055 L40")
    #expect(
      try Sample(1600, 900).plan().notes.first { $0.subject == "1080p" }?.reason
        == "the picture is only 1600x900; it is not enlarged to 1920x1080")
  }

  @Test func ratesBetweenTwoBoxesNeverLeaveTheirNeighbours() throws {
    var last = 2_800_000
    for height in stride(from: 794, through: 970, by: 2) {
      let plan = try Sample(height * 16 / 9, height, pictures: 2).videoPlan()
      let top = try #require(plan.rungs.first)
      #expect(top.bitrate >= last && top.bitrate <= 5_000_000 && top.bitrate % 1000 == 0, "\(height)")
      #expect(top.maxBitrate >= top.bitrate)
      last = top.bitrate
    }
  }

  @Test func everySizeIsEvenFitsItsBoxAndKeepsTheShape() throws {
    var random = Seeded(state: 7)
    for _ in 0..<800 {
      let picture = PictureSize(
        Int.random(in: 1...4400, using: &random), Int.random(in: 1...4400, using: &random))
      let plan = try Sample(picture.width, picture.height, pictures: 2).videoPlan()
      #expect(!plan.rungs.isEmpty)
      for rung in plan.rungs {
        let size = rung.size
        #expect(size.width >= 2 && size.height >= 2 && size.width % 2 == 0 && size.height % 2 == 0)
        #expect(size.width <= max(2, picture.width) && size.height <= max(2, picture.height))
        if let box = Ladder.sample.rungs.first(where: { $0.name == rung.name })?.box {
          let turned = picture.height > picture.width ? box.turned : box
          #expect(size.width <= turned.width && size.height <= turned.height)
        }
        // Each side is within two pixels of the exact shape of the other.
        let width = Double(picture.width) * Double(size.height) / Double(picture.height)
        let height = Double(picture.height) * Double(size.width) / Double(picture.width)
        #expect(
          abs(width - Double(size.width)) <= 2 || abs(height - Double(size.height)) <= 2, "\(picture) \(size)"
        )
      }
      #expect(Set(plan.rungs.map(\.name)).count == plan.rungs.count)
      #expect(Set(plan.rungs.map(\.size)).count == plan.rungs.count)
      #expect(plan.rungs.map(\.size.area) == plan.rungs.map(\.size.area).sorted(by: >))
    }
  }

  @Test func theLadderCanLimitTheHeight() throws {
    let low = Ladder.sample.with { $0.maxHeight = 540 }
    #expect(try sizes(1920, 1080, low) == ["480p 854x480", "360p 640x360", "240p 426x240"])
    #expect(
      try Sample().plan(low).notes.map { "\($0.subject): \($0.reason)" }.prefix(2)
        == ["720p: it is higher than max_height 540", "1080p: it is higher than max_height 540"])
    // A limit makes no rung between boxes.
    #expect(
      try sizes(1600, 900, .sample.with { $0.maxHeight = 1000 }).first == "720p 1280x720")
  }

  @Test func mixedCodecsAreLaddersOfTheirOwn() throws {
    let mixed = Ladder.sample.with {
      $0.rungs += [
        LadderRung(name: "720p-hevc", box: PictureSize(1280, 720), bitrate: 1_800_000, codec: .hevc),
        LadderRung(name: "1080p-hevc", box: PictureSize(1920, 1080), bitrate: 3_000_000, codec: .hevc),
        LadderRung(name: "1080p-av1", box: PictureSize(1920, 1080), bitrate: 2_500_000, codec: .av1),
      ]
    }
    let plan = try Sample(1600, 900, pictures: 30).videoPlan(mixed)
    #expect(
      plan.rungs.map { "\($0.name) \($0.codec) \($0.profile) \($0.level)" } == [
        "900p h264 high 40", "900p-hevc hevc main 120", "720p h264 high 31", "720p-hevc hevc main 93",
        "480p h264 high 31", "360p h264 high 30", "240p h264 high 21",
      ])
    // A small picture keeps one rung, in the codec that plays most widely.
    #expect(try sizes(160, 90, mixed) == ["240p 160x90"])
  }

  @Test func aRungOfItsOwnTakesNoName() throws {
    let named = Ladder.sample.with { $0.rungs[3].name = "900p" }
    #expect(try sizes(1600, 900, named).prefix(2) == ["900p-2 1600x900", "900p 1280x720"])
  }

  @Test(arguments: [
    (1920, 1080, Rational(60, 1), 42), (1920, 1080, Rational(25, 1), 40), (1280, 720, Rational(60, 1), 32),
    (640, 360, Rational(25, 1), 30),
  ])
  func levelsFollowTheFrameRate(width: Int, height: Int, rate: Rational, level: Int) throws {
    #expect(try Sample(width, height, rate: rate).videoPlan().rungs.first?.level == level)
  }

  @Test func aRungThatNoLevelAllowsIsAnError() {
    let huge = Ladder(
      name: "huge", rungs: [LadderRung(name: "a", box: PictureSize(16384, 9216), bitrate: 1_000_000)])
    #expect(
      #expect(throws: PlanFailure.self) { try Sample(10880, 6120).plan(huge) }
        == .beyondLevels(rung: "a", codec: .h264))
  }
}
