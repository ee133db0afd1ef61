package import Media

/// Why a ladder cannot be used. The cases are data; `Wording.swift` says them to a person.
package enum LadderFailure: Error, Sendable, Equatable {
  case unreadable(file: String, reason: String)
  case notJSON(file: String, line: Int, column: Int, reason: String)
  /// A rule that the value at a key path (`rungs[2].bitrate`) breaks; an empty path is the whole file.
  case broken(file: String, key: String, LadderRule)
  case unknownPreset(name: String, known: [String])
}

/// A rule of ladder files with the value that broke it.
package enum LadderRule: Sendable, Equatable {
  case unknownKey(known: [String])
  case repeatedKey
  case missing
  case wrongType(wanted: String, found: String)
  case outOfRange(value: String, wanted: String)
  case notOneOf(value: String, choices: [String])
  /// A choice that exists, but not in this build.
  case notMade(value: String, made: [String])
  case empty
  case repeated(value: String)
  case badName(value: String)
  case segmentNotWholeGOPs(segment: String, gop: String)
  case peakBelowRate(peak: Int, rate: Int)
  case tallBox(PictureSize)
  case sameBox(PictureSize, codec: Codec, as: String)
  case largerBoxNotHigherRate(rate: Int, smaller: String, smallerRate: Int)
  case frameRateAboveMaximum(rate: String, maximum: String)
  case belowSmallestRung(value: Int, smallest: Int)
  case needsFMP4(codec: Codec)
  case dashNeedsFMP4
  case needsOutput(Output)
  case needsAAC(codec: Codec)
  case template(String, TemplateFault)
}

/// What is wrong with a layout template.
package enum TemplateFault: Sendable, Equatable {
  case unclosed
  case unknownPlaceholder(String, known: [String])
  case notForSlot(String, allowed: [String])
  case needs(String)
  case absolute
  case emptyComponent
  case hidden(component: String)
  case character(Character)
  case ending(wanted: [String])
  case sameAs(slot: String)
}
