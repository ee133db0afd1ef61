/// One text that is shown over the pictures for a while, on the asset's timeline.
package struct Cue: Codable, Sendable, Equatable {
  /// WebVTT counts in milliseconds.
  package static let timebase = Rational(1, 1000)

  package var start: Int64
  package var end: Int64
  /// WebVTT cue text: escaped, with `i`, `b` and `u` and without empty lines.
  package var text: String
  /// WebVTT cue settings: `line:0 align:left`; empty for the usual place.
  package var settings: String

  package init(start: Int64, end: Int64, text: String, settings: String = "") {
    self.start = start
    self.end = end
    self.text = text
    self.settings = settings
  }
}

/// A file of subtitles that lies beside a source: what its name says of it. It is not opened for that.
package struct Sidecar: Codable, Sendable, Equatable {
  /// Without its folder: `film.en.forced.srt`.
  package var name: String
  /// BCP 47; nil when the name says none.
  package var language: String?
  package var isForced: Bool
  package var isHearingImpaired: Bool

  package init(
    name: String, language: String? = nil, isForced: Bool = false, isHearingImpaired: Bool = false
  ) {
    self.name = name
    self.language = language
    self.isForced = isForced
    self.isHearingImpaired = isHearingImpaired
  }
}

/// One subtitle rendition.
package struct TextPlan: Codable, Sendable, Equatable {
  package enum Origin: Codable, Sendable, Equatable {
    case stream(Int)
    case sidecar(String)
  }

  /// `text-en`, `text-en-forced`, `text-en-sdh`; with `-2` for a second of the same.
  package var name: String
  package var origin: Origin
  /// BCP 47; nil when unknown.
  package var language: String?
  /// What a player shows; unique among the asset's subtitles.
  package var label: String
  /// Only what has to be read to follow the film: shown without being asked for.
  package var isForced: Bool
  /// Tells sounds and speakers too, for those who do not hear them.
  package var isHearingImpaired: Bool

  package init(
    name: String, origin: Origin, language: String?, label: String, isForced: Bool = false,
    isHearingImpaired: Bool = false
  ) {
    self.name = name
    self.origin = origin
    self.language = language
    self.label = label
    self.isForced = isForced
    self.isHearingImpaired = isHearingImpaired
  }

  /// `stream 3`, or the sidecar's name.
  package var source: String {
    switch origin {
    case .stream(let index): "stream \(index)"
    case .sidecar(let name): name
    }
  }
}

/// A sidecar as `asset.json` remembers it: with other bytes, or without it, the asset is no longer current.
package struct SidecarRecord: Sendable, Equatable {
  package var name: String
  package var bytes: Int64
  package var sha256: String

  package init(name: String, bytes: Int64, sha256: String) {
    self.name = name
    self.bytes = bytes
    self.sha256 = sha256
  }
}
