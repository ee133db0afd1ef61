internal import Media
internal import Testing

@testable import Planning

/// Groups and labels of sound of which some is copied: one group has everything, in one codec (RFC 8216 4.3.4.1.1).
@Suite struct SoundGroupsTests {
  /// `copied` or `encoded`, name, group, label.
  private func table(_ plan: Plan) -> [String] {
    let row = { (audio: AudioPlan) in
      "\(audio.name) in \(audio.group): \(audio.label)\(audio.isDefault ? " *" : "")"
    }
    return (plan.copies?.audio.map { "copied \(row($0.audio))" } ?? [])
      + plan.audio.map { "encoded \(row($0))" }
  }

  private static func sample() -> Sample { Sample().video { $0.pixelFormat = "yuv420p" } }

  @Test func theSameSoundInTwoCodecsHasOneLabelInTwoGroups() throws {
    let sample = Self.sample().adding(to: 10, language: "en", channels: 6, codec: "ac3")
      .adding(to: 10, language: "en")
    #expect(
      table(try copyPlan(sample)) == [
        "copied audio-ac3-6-en in audio-ac3-6: English *", "copied audio-aac-2-en in audio-aac-2: English",
      ])
  }

  @Test func aGroupThatHasAllIsEnough() throws {
    let sample = Self.sample().adding(to: 10, language: "en", channels: 6, codec: "ac3")
      .adding(to: 10, language: "en").adding(to: 10, language: "de").adding(to: 10, language: "de")
    #expect(
      table(try copyPlan(sample)) == [
        "copied audio-ac3-6-en in audio-ac3-6: English *", "copied audio-aac-2-en in audio-aac-2: English",
        "copied audio-aac-2-de in audio-aac-2: German", "copied audio-aac-2-de-2 in audio-aac-2: German 2",
      ])
  }

  @Test func otherChannelCountsOfOneCodecAreOneGroup() throws {
    let sample = Self.sample().adding(to: 10, language: "en", channels: 6)
      .adding(to: 10, language: "de", channels: 1)
    #expect(
      table(try copyPlan(sample)) == [
        "copied audio-aac-6-en in audio-aac: English *", "copied audio-aac-1-de in audio-aac: German",
      ])
  }

  @Test func aLanguageInAnotherCodecIsEncodedOrRefused() throws {
    let sample = Self.sample().adding(to: 10, language: "en", channels: 6, codec: "ac3")
      .adding(to: 10, language: "de")
    let made = try copyPlan(sample)
    #expect(
      table(made) == [
        "copied audio-aac-2-de in audio-aac-2: German", "encoded audio-aac-2-en in audio-aac-2: English *",
      ])
    #expect(
      made.notes.first
        == PlanNote("audio 1", "it is encoded, not copied: \(SoundGroups.complaint)"))
    #expect(throws: PlanFailure.cannotCopy(subject: "audio 1", reason: SoundGroups.complaint)) {
      try copyPlan(sample, .strict)
    }
  }

  /// What has to be encoded anyway joins the group of what is copied.
  @Test func encodedSoundBesideCopies() throws {
    let sample = Self.sample().adding(to: 10, language: "en", codec: "vorbis")
      .adding(to: 10, language: "en").adding(to: 10, language: "fr", channels: 6)
    #expect(
      table(try copyPlan(sample)) == [
        "copied audio-aac-2-en-2 in audio-aac: English 2", "copied audio-aac-6-fr in audio-aac: French",
        "encoded audio-aac-2-en in audio-aac: English *",
      ])
  }

  @Test func oneCodecOtherThanTheLaddersStays() throws {
    let sample = Self.sample().adding(to: 10, language: "en", channels: 6, codec: "ac3")
      .adding(to: 10, language: "de", channels: 2, codec: "ac3")
    #expect(
      table(try copyPlan(sample)) == [
        "copied audio-ac3-6-en in audio-ac3: English *", "copied audio-ac3-2-de in audio-ac3: German",
      ])
  }

  @Test func aCommentaryIsAMemberOfItsOwn() throws {
    let sample = Self.sample().adding(to: 10, language: "en", channels: 6, codec: "ac3")
      .adding(to: 10, language: "en", disposition: ["comment"])
    #expect(
      table(try copyPlan(sample)) == [
        "copied audio-aac-2-en-2 in audio-aac-2: English commentary",
        "encoded audio-aac-2-en in audio-aac-2: English *",
      ])
  }
}

/// The frame rate that a copy is said to have.
@Suite struct ExactRateTests {
  static let steps: [(Int64, Rational, Rational)] = [
    // A clock of its own, 0.2 % beside 29.97.
    (1000, Rational(1, 29_917), Rational(29_917, 1000)),
    // A tick cannot say it better.
    (3003, Rational(1, 90_000), Rational(30_000, 1001)), (42, Rational(1, 1000), Rational(24_000, 1001)),
    (3754, Rational(1, 90_000), Rational(24_000, 1001)), (512, Rational(1, 15_360), Rational(30, 1)),
    // Bursts a tick apart say nothing.
    (1, Rational(1, 1000), Rational(1000, 1)),
  ]

  @Test(arguments: steps)
  func ofEqualSteps(_ step: Int64, _ timebase: Rational, _ rate: Rational) {
    let times = (0..<40).map { Int64($0) &* step }
    #expect(Cadence.exactRate(of: times, timebase: timebase) == rate)
  }

  @Test func unevenStepsAreThatOfTheCadence() {
    let times: [Int64] = [0, 4649, 7646, 10_643, 13_641, 16_638, 19_635, 22_632]
    let timebase = Rational(1, 90_000)
    #expect(Cadence.exactRate(of: times, timebase: timebase) == Cadence.rate(of: times, timebase: timebase))
  }
}
