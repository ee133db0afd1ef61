internal import Media

/// The rules that a ladder as a whole has to keep: a ladder in, nothing out, or the first rule it breaks. They hold
/// for a ladder file and again after the command line has overridden something.
enum LadderRules {
  static func check(_ ladder: Ladder, file: String) throws(LadderFailure) {
    let place = LadderPlace(file: file)
    try checkOutputs(ladder, place)
    try checkTimes(ladder, place)
    try checkRungs(ladder, place)
    try checkBoxes(ladder, place)
    try checkAudio(ladder, place)
    try LayoutTemplates.check(ladder, file: file)
  }

  /// DASH has no form for MPEG-TS that players read, and pictures are made only where they are asked for.
  private static func checkOutputs(_ ladder: Ladder, _ place: LadderPlace) throws(LadderFailure) {
    if ladder.outputs.isEmpty { throw place.broken("outputs", .empty) }
    if ladder.segments == .ts, let index = ladder.outputs.firstIndex(of: .dash) {
      throw place.broken("outputs[\(index)]", .dashNeedsFMP4)
    }
    if ladder.images != nil, !ladder.outputs.contains(.images) {
      throw place.broken("images", .needsOutput(.images))
    }
  }

  /// A name becomes a path component and a part of playlists, so it is plain; `audio-` and `text-` are the names
  /// of other renditions.
  static func isName(_ text: String) -> Bool {
    AssetID.isValid(text) && text.utf8.count <= 64 && !text.hasPrefix("audio-") && !text.hasPrefix("text-")
  }

  private static func checkTimes(_ ladder: Ladder, _ place: LadderPlace) throws(LadderFailure) {
    let (segment, gop) = (ladder.segmentSeconds, ladder.gopSeconds)
    let quotient = Rational(
      segment.numerator &* gop.denominator, segment.denominator &* gop.numerator
    ).reduced
    if quotient.denominator != 1 || quotient.numerator < 1 {
      throw place.broken(
        "segment_seconds",
        .segmentNotWholeGOPs(segment: short(segment), gop: short(gop)))
    }
    if let rate = ladder.frameRate, ladder.maxFrameRate < rate {
      throw place.broken(
        "frame_rate",
        .frameRateAboveMaximum(
          rate: DecimalText.rate(rate), maximum: DecimalText.rate(ladder.maxFrameRate)))
    }
  }

  private static func checkRungs(_ ladder: Ladder, _ place: LadderPlace) throws(LadderFailure) {
    var names: Set<String> = []
    for (index, rung) in ladder.rungs.enumerated() {
      // Case matters to neither all file systems nor all object stores' tools.
      if !names.insert(rung.name.lowercased()).inserted {
        throw place.broken("rungs[\(index)].name", .repeated(value: rung.name))
      }
      if rung.maxBitrate < rung.bitrate {
        throw place.broken(
          "rungs[\(index)].max_bitrate", .peakBelowRate(peak: rung.maxBitrate, rate: rung.bitrate))
      }
      if rung.box.height > rung.box.width {
        throw place.broken("rungs[\(index)]", .tallBox(rung.box))
      }
      if ladder.segments == .ts && rung.codec != .h264 {
        throw place.broken("rungs[\(index)].codec", .needsFMP4(codec: rung.codec))
      }
    }
    if let limit = ladder.maxHeight, let smallest = ladder.rungs.map(\.box.height).min(), limit < smallest {
      throw place.broken("max_height", .belowSmallestRung(value: limit, smallest: smallest))
    }
  }

  /// Rungs of one codec must not overlap: no box twice, and a larger box has a higher rate.
  private static func checkBoxes(_ ladder: Ladder, _ place: LadderPlace) throws(LadderFailure) {
    for (index, rung) in ladder.rungs.enumerated() {
      for (otherIndex, other) in ladder.rungs.enumerated() where other.codec == rung.codec {
        if otherIndex < index && other.box == rung.box {
          throw place.broken("rungs[\(index)]", .sameBox(rung.box, codec: rung.codec, as: other.name))
        }
        if rung.box.area > other.box.area && rung.bitrate <= other.bitrate {
          throw place.broken(
            "rungs[\(index)].bitrate",
            .largerBoxNotHigherRate(rate: rung.bitrate, smaller: other.name, smallerRate: other.bitrate))
        }
      }
    }
  }

  /// A group is a codec and a channel count, so it can be there once; AAC has 6144 bits a channel and frame at most.
  private static func checkAudio(_ ladder: Ladder, _ place: LadderPlace) throws(LadderFailure) {
    var groups: Set<String> = []
    for (index, target) in ladder.audio.enumerated() {
      if !groups.insert(target.group).inserted {
        throw place.broken("audio[\(index)]", .repeated(value: target.group))
      }
      if target.codec == .aac {
        let most = 6 * target.rate * target.channels
        if target.bitrate > most {
          throw place.broken(
            "audio[\(index)].bitrate",
            .outOfRange(value: "\(target.bitrate)", wanted: "at most \(most) at this rate and channel count"))
        }
      } else {
        try checkSurround(target, place, "audio[\(index)]")
      }
    }
    // Devices without AC-3 have to hear something (HLS authoring 2.3).
    if let index = ladder.audio.firstIndex(where: { $0.codec != .aac }),
      !ladder.audio.contains(where: { $0.codec == .aac })
    {
      throw place.broken("audio[\(index)].codec", .needsAAC(codec: ladder.audio[index].codec))
    }
  }

  /// AC-3 has three sample rates and nineteen bit rates, E-AC-3 the same sample rates.
  private static func checkSurround(
    _ target: AudioTarget, _ place: LadderPlace, _ key: String
  ) throws(LadderFailure) {
    if !LadderLimits.surroundRates.contains(target.rate) {
      throw place.broken(
        "\(key).rate",
        .notOneOf(value: "\(target.rate)", choices: LadderLimits.surroundRates.map(String.init)))
    }
    if target.codec == .ac3, !LadderLimits.ac3Bitrates.contains(target.bitrate) {
      throw place.broken(
        "\(key).bitrate",
        .notOneOf(value: "\(target.bitrate)", choices: LadderLimits.ac3Bitrates.map(String.init)))
    }
    // Below it the encoder has no bits left for what is to be heard.
    let least = 32_000 * ((target.channels + 1) / 2)
    if target.bitrate < least {
      throw place.broken(
        "\(key).bitrate",
        .outOfRange(value: "\(target.bitrate)", wanted: "at least \(least) at this channel count"))
    }
  }

  private static func short(_ seconds: Rational) -> String {
    seconds.denominator == 1
      ? "\(seconds.numerator)"
      : String(
        DecimalText.seconds(MediaTime(seconds.numerator, Rational(1, seconds.denominator)))
          .reversed().drop { $0 == "0" }.reversed())
  }
}

/// The file that a rule is broken in.
struct LadderPlace {
  var file: String
  func broken(_ key: String, _ rule: LadderRule) -> LadderFailure { .broken(file: file, key: key, rule) }
}
