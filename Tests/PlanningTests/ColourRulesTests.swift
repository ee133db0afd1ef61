import Media
import Planning
import Testing

/// Code points as `1/1/1`, and `f` for full range.
private func text(_ colour: Colour) -> String {
  "\(colour.primaries)/\(colour.transfer)/\(colour.matrix)\(colour.fullRange ? "f" : "")"
}

@Suite struct ColourRulesTests {
  @Test(arguments: [
    // Known code points stay, the range becomes limited.
    (1920, 1080, Colour(primaries: 1, transfer: 1, matrix: 1, fullRange: true), "1/1/1f", "1/1/1"),
    (1920, 1080, Colour(primaries: 9, transfer: 14, matrix: 9), "9/14/9", "9/14/9"),
    (720, 480, Colour(primaries: 1, transfer: 13, matrix: 6), "1/13/6", "1/13/6"),
    // Unspecified ones are guessed from the coded size.
    (720, 480, Colour(), "6/6/6", "6/6/6"), (720, 486, Colour(), "6/6/6", "6/6/6"),
    (720, 576, Colour(), "5/6/5", "5/6/5"), (1280, 720, Colour(), "1/1/1", "1/1/1"),
    (1280, 528, Colour(), "1/1/1", "1/1/1"), (480, 854, Colour(), "1/1/1", "1/1/1"),
    (720, 576, Colour(primaries: 2, transfer: 2, matrix: 1), "5/6/1", "5/6/1"),
    (1920, 1080, Colour(primaries: 0, transfer: 3, matrix: 99), "1/1/1", "1/1/1"),
    // RGB and high dynamic range become BT.709.
    (640, 480, Colour(primaries: 1, transfer: 13, matrix: 0, fullRange: true), "1/13/0f", "1/1/1"),
    (3840, 2160, Colour(primaries: 9, transfer: 16, matrix: 9), "9/16/9", "1/1/1"),
    (1920, 1080, Colour(primaries: 9, transfer: 18, matrix: 9), "9/18/9", "1/1/1"),
  ])
  func coloursAreKeptGuessedOrMapped(
    width: Int, height: Int, colour: Colour, source: String, output: String
  ) throws {
    let plan = try Sample(width, height, pictures: 30).video { $0.colour = colour }.videoPlan()
    #expect(text(plan.source.colour) == source)
    #expect(text(plan.colour) == output)
    #expect(plan.source.mapsTones == colour.isHDR)
  }

  @Test(arguments: ["rgb24", "gbrp10le", "bgra", "pal8"]) func whatIsRGBByItsFormatBecomesBT709(
    _ format: String
  ) throws {
    let plan = try Sample(640, 480, pictures: 30).video { $0.pixelFormat = format }.videoPlan()
    #expect(text(plan.source.colour) == "1/1/2" && text(plan.colour) == "1/1/1")
  }

  @Test func aLadderThatKeepsItKeepsItInHEVCAndAV1() throws {
    var sample = Sample().video {
      $0.colour = Colour(primaries: 2, transfer: 16, matrix: 2, fullRange: true)
      $0.hdr = HDRMetadata()
      $0.hdr?.maximumContentLight = 1000
      $0.hdr?.dolbyVisionProfile = 8
    }
    let ladder = Ladder.sample.with {
      $0.hdr = .keep
      $0.rungs.append(LadderRung(name: "h", box: PictureSize(1280, 720), bitrate: 2_000_000, codec: .hevc))
      $0.rungs.append(LadderRung(name: "a", box: PictureSize(640, 360), bitrate: 500_000, codec: .av1))
    }
    let plan = try sample.videoPlan(ladder)
    #expect(plan.rungs.filter(\.keepsRange).map { "\($0.name) \($0.profile)" } == ["h main10", "a main"])
    #expect(text(plan.colour) == "1/1/1" && plan.source.mapsTones)
    let kept = try #require(plan.kept)
    // What the source leaves open is BT.2020, in limited range; a Dolby Vision layer is not passed on.
    #expect(text(kept.colour) == "9/16/9")
    #expect(kept.metadata?.maximumContentLight == 1000 && kept.metadata?.dolbyVisionProfile == nil)
    #expect(try sample.plan(ladder).notes.first?.reason.hasPrefix("PQ is kept in h, a; elsewhere") == true)
    // In standard range there is nothing to keep; and without being asked nothing is.
    #expect(try sample.videoPlan(ladder.with { $0.hdr = .map }).kept == nil)
    sample.report.video[0].colour = .bt709
    #expect(try sample.videoPlan(ladder).rungs.allSatisfy { !$0.keepsRange })
  }

  @Test func highDynamicRangeIsNoted() throws {
    let sample = Sample().video {
      $0.colour = Colour(primaries: 9, transfer: 16, matrix: 9)
      $0.hdr = HDRMetadata()
      $0.hdr?.dolbyVisionProfile = 5
    }
    #expect(
      try sample.plan().notes.prefix(2) == [
        PlanNote("high dynamic range", "PQ is mapped to standard range (BT.709)"),
        PlanNote("Dolby Vision", "profile 5 has no ordinary picture underneath: colours will be off"),
      ])
  }
}
