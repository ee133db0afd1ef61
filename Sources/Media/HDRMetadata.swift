/// What a stream says of the light in its pictures: the display that it was mastered on, and how bright it gets.
package struct HDRMetadata: Codable, Sendable, Equatable {
  /// Nits, as numbers a person reads.
  package var masteringMaximum: Double?
  package var masteringMinimum: Double?
  package var maximumContentLight: Int?
  package var maximumFrameAverageLight: Int?
  package var dolbyVisionProfile: Int?
  /// All of the mastering display, where all of it is stated and can be true.
  package var display: MasteringDisplay?
  package init() {}

  /// What an encoder can be told: nil where there is nothing of it.
  package var forEncoders: HDRMetadata? {
    var told = self
    told.dolbyVisionProfile = nil
    return told.display == nil && told.maximumContentLight == nil ? nil : told
  }

  /// With what `other` knows and this does not.
  package func filled(from other: HDRMetadata) -> HDRMetadata {
    var result = self
    if result.masteringMaximum == nil {
      (result.masteringMaximum, result.masteringMinimum) = (other.masteringMaximum, other.masteringMinimum)
    }
    if result.display == nil { result.display = other.display }
    if result.maximumContentLight == nil {
      result.maximumContentLight = other.maximumContentLight
      result.maximumFrameAverageLight = other.maximumFrameAverageLight
    }
    if result.dolbyVisionProfile == nil { result.dolbyVisionProfile = other.dolbyVisionProfile }
    return result
  }
}

/// A mastering display in the units of SMPTE ST 2086: chromaticities in 1/50000, luminance in 1/10000 nit.
package struct MasteringDisplay: Codable, Sendable, Equatable {
  package struct Place: Codable, Sendable, Equatable {
    package var x: Int
    package var y: Int
    package init(_ x: Int, _ y: Int) {
      self.x = x
      self.y = y
    }
  }

  package var red: Place
  package var green: Place
  package var blue: Place
  package var white: Place
  package var maximum: Int
  package var minimum: Int

  package init(red: Place, green: Place, blue: Place, white: Place, maximum: Int, minimum: Int) {
    (self.red, self.green, self.blue, self.white) = (red, green, blue, white)
    (self.maximum, self.minimum) = (maximum, minimum)
  }

  /// Every place is one of the diagram and the bounds are a range of light: what a file claims may be anything.
  package var isPlausible: Bool {
    [red, green, blue, white].allSatisfy { (0...50_000).contains($0.x) && (0...50_000).contains($0.y) }
      && (1...1_000_000_000).contains(maximum) && (0..<maximum).contains(minimum)
  }
}
