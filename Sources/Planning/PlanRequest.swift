package import Media

/// What is asked for one source beside the ladder: its id, its creator, what the command line overrides, and the
/// caps on hostile input.
package struct PlanRequest: Sendable, Equatable {
  package var id: String
  package var creator: String?
  package var overrides: LadderOverrides
  package var limits: PlanLimits
  /// The source itself goes into the tree too.
  package var keepsSource: Bool
  /// Subtitle files beside the source, in the order in which they are to be offered.
  package var sidecars: [Sidecar]

  package init(
    id: String, creator: String? = nil, overrides: LadderOverrides = LadderOverrides(),
    limits: PlanLimits = PlanLimits(), keepsSource: Bool = false, sidecars: [Sidecar] = []
  ) {
    self.id = id
    self.creator = creator
    self.overrides = overrides
    self.limits = limits
    self.keepsSource = keepsSource
    self.sidecars = sidecars
  }
}

/// The values of a ladder that flags replace; nil leaves the ladder's.
package struct LadderOverrides: Sendable, Equatable {
  package var segments: SegmentFormat?
  package var rateControl: RateControl?
  package var speed: Speed?
  /// Lowers the ladder's own limit, never raises it.
  package var maxHeight: Int?
  /// Rungs whose peak is above it go; where all are, the smallest is lowered to it.
  package var maxBitrate: Int?
  package var outputs: [Output]?
  package var copy: CopyMode?
  package var partBytes: Int64?

  package init(
    segments: SegmentFormat? = nil, rateControl: RateControl? = nil, speed: Speed? = nil,
    maxHeight: Int? = nil, outputs: [Output]? = nil, copy: CopyMode? = nil, partBytes: Int64? = nil,
    maxBitrate: Int? = nil
  ) {
    self.maxBitrate = maxBitrate
    self.segments = segments
    self.rateControl = rateControl
    self.speed = speed
    self.maxHeight = maxHeight
    self.outputs = outputs
    self.copy = copy
    self.partBytes = partBytes
  }
}

/// Caps on what a source may ask for; a person can raise them.
package struct PlanLimits: Sendable, Equatable {
  package var seconds: Int64
  package var side: Int
  /// Of one picture as it is coded.
  package var pixels: Int64
  /// Of all renditions together, by their planned rates.
  package var outputBytes: Int64
  /// The share of what a damaged source should last that may be missing.
  package var tolerance: Double

  package init(
    seconds: Int64 = 24 * 3600, side: Int = 32768, pixels: Int64 = 8192 * 8192, outputBytes: Int64 = 1 << 40,
    tolerance: Double = 0.05
  ) {
    self.seconds = seconds
    self.side = side
    self.pixels = pixels
    self.outputBytes = outputBytes
    self.tolerance = tolerance
  }
}

extension Ladder {
  /// The ladder with what the command line overrides, checked again: a layout may end in `.m4s` and flags ask for TS.
  package func applying(_ overrides: LadderOverrides) throws(LadderFailure) -> Ladder {
    var result = self
    if let outputs = overrides.outputs { result.outputs = outputs }
    if let segments = overrides.segments {
      result.segments = segments
      // A flag asks for TS instead of what the file asks for: its MPD goes.
      if segments == .ts { result.outputs.removeAll { $0 == .dash } }
    }
    if !result.outputs.contains(.images) { result.images = nil }
    if let copy = overrides.copy { result.copy = copy }
    if let partBytes = overrides.partBytes { result.partBytes = partBytes }
    if let rateControl = overrides.rateControl { result.rateControl = rateControl }
    if let speed = overrides.speed { result.speed = speed }
    if let limit = overrides.maxHeight { result.maxHeight = min(limit, maxHeight ?? limit) }
    if let ceiling = overrides.maxBitrate { result.lower(to: ceiling) }
    try LadderRules.check(result, file: "ladder '\(name)' with the command line's changes")
    return result
  }

  private mutating func lower(to ceiling: Int) {
    guard let smallest = rungs.min(by: { ($0.box.height, $0.bitrate) < ($1.box.height, $1.bitrate) }) else {
      return
    }
    rungs.removeAll { $0.maxBitrate > ceiling }
    guard rungs.isEmpty else { return }
    var lowered = smallest
    lowered.bitrate = min(smallest.bitrate, ceiling)
    lowered.maxBitrate = ceiling
    rungs = [lowered]
  }

  /// Where the objects of an asset go that this ladder makes: what can be said of it without a source.
  package func layout(id: String, creator: String?, keepsSource: Bool) -> Layout {
    Layout(templates: LayoutTemplates.merged(self, keepsSource: keepsSource), id: id, creator: creator)
  }

  /// Paths that are the same for every asset: what is made next takes the place of what was made last.
  package func sharedPlaces(keepsSource: Bool) -> [String] {
    LayoutTemplates.merged(self, keepsSource: keepsSource).values.filter { !$0.contains("{id}") }.sorted()
  }
}
