import Media
import Planning
import Testing

private func table(_ plan: Plan) -> [String] {
  plan.audio.map { "\($0.name) #\($0.stream) \($0.label)\($0.isDefault ? " *" : "")" }
}

@Suite struct AudioPlannerTests {
  @Test func namesAndLabelsAreUnique() throws {
    let sample = Sample(64, 36)
      .adding(to: 10, language: "en").adding(to: 10, language: "en").adding(to: 10, language: "pt-BR")
      .adding(to: 10).adding(to: 10, language: "x/../y").adding(to: 10, language: "tlh")
      .adding(to: 10, language: "en", disposition: ["comment"])
    #expect(
      table(try sample.plan()) == [
        "audio-aac-2-en #1 English *", "audio-aac-2-en-2 #2 English 2",
        "audio-aac-2-pt-BR #3 Portuguese (BR)", "audio-aac-2-und #4 Audio", "audio-aac-2-und-2 #5 Audio 2",
        "audio-aac-2-tlh #6 tlh", "audio-aac-2-en-3 #7 English commentary",
      ])
    #expect(try sample.plan().audio[4].language == nil)
    #expect(Set(try sample.plan().audio.map(\.group)) == ["audio-aac-2"])
  }

  @Test func theSourceSaysWhichIsTheDefault() throws {
    let sample = Sample(64, 36).adding(to: 10, language: "de")
      .adding(to: 10, language: "fr", disposition: ["default"])
    #expect(table(try sample.plan()) == ["audio-aac-2-de #1 German", "audio-aac-2-fr #2 French *"])
  }

  @Test func everyKindIsAGroupWithItsDefault() throws {
    let ladder = Ladder.sample.with {
      $0.audio = [AudioTarget(), AudioTarget(channels: 6, bitrate: 384_000)]
    }
    let sample = Sample(64, 36).adding(to: 10, language: "en", channels: 6)
      .adding(to: 10, language: "de", channels: 1)
    let plan = try sample.plan(ladder)
    #expect(
      table(plan) == [
        "audio-aac-2-en #1 English *", "audio-aac-2-de #2 German", "audio-aac-6-en #1 English *",
      ])
    #expect(plan.audio.map(\.bitrate) == [128_000, 128_000, 384_000])
    #expect(plan.audio.map(\.measuresLoudness) == [true, true, false])
    #expect(plan.notes.last == PlanNote("audio 2", "it has 1 channel, so 6 are not made of it"))
    // Stereo where the ladder has nothing smaller than surround.
    let surround = ladder.with { $0.audio.removeFirst() }
    #expect(try sample.plan(surround).audio.map(\.name) == ["audio-aac-6-en", "audio-aac-2-de"])
  }

  @Test func surroundInAnotherCodecIsMadeOfSurroundAlone() throws {
    let ladder = Ladder.sample.with {
      $0.audio = [AudioTarget(), AudioTarget(codec: .ac3, channels: 6, bitrate: 448_000)]
      $0.loudness = -16
    }
    let stereo = try Sample(64, 36).adding(to: 10, language: "en").plan(ladder)
    #expect(table(stereo) == ["audio-aac-2-en #1 English *"])
    #expect(stereo.notes.last == PlanNote("audio 1", "it has 2 channels, so 6 are not made of it"))
    #expect(stereo.audio.map(\.loudness) == [-16])
    // The same sound is called the same in each group.
    let both = try Sample(64, 36).adding(to: 10, language: "en")
      .adding(to: 10, language: "en", channels: 8).plan(ladder)
    #expect(
      table(both) == [
        "audio-aac-2-en #1 English *", "audio-aac-2-en-2 #2 English 2", "audio-ac3-6-en #2 English 2",
      ])
    #expect(both.audio.map(\.group) == ["audio-aac-2", "audio-aac-2", "audio-ac3-6"])
  }

  @Test func descriptionsAndCommentariesAreMarkedAndNeverTheDefault() throws {
    let sample = Sample(64, 36)
      .adding(to: 10, language: "en", disposition: ["default", "visual_impaired"])
      .adding(to: 10, language: "en", disposition: ["comment"]).adding(to: 10, language: "en")
      .adding(to: 10, language: "en", disposition: ["hearing_impaired"])
    let plan = try sample.plan()
    #expect(
      table(plan) == [
        "audio-aac-2-en #1 English description", "audio-aac-2-en-2 #2 English commentary",
        "audio-aac-2-en-3 #3 English *", "audio-aac-2-en-4 #4 English clear speech",
      ])
    #expect(plan.audio.map(\.purpose) == [.description, .commentary, .dialogue, .clearSpeech])
    // Alone it is what there is.
    let alone = Sample(64, 36).adding(to: 10, language: "en", disposition: ["comment"])
    #expect(try alone.plan().audio.map(\.isDefault) == [true])
  }

  @Test func soundThatCannotBeDecodedIsNoted() throws {
    var sample = Sample(64, 36).adding(to: 10, codec: "unknown").adding(to: 10).adding(from: 5, to: 5)
      .adding(to: 99, language: "en")
    sample.report.audio[1].isEncrypted = true
    sample.survey.audio.removeLast()
    let plan = try sample.plan()
    #expect(plan.audio.isEmpty)
    #expect(plan.video?.frames == 300)
    #expect(
      plan.notes.suffix(4).map { "\($0.subject): \($0.reason)" } == [
        "audio 1: its codec cannot be decoded here", "audio 2: it is encrypted",
        "audio 3: there is no sound in it", "audio 4: there is no sound in it",
      ])
    #expect(
      try Sample(64, 36).adding(to: 10).plan(.sample.with { $0.audio = [] }).notes.last
        == PlanNote("audio", "the ladder makes none"))
  }
}
