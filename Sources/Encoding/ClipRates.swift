package import Media

/// How near a clip comes to its rung's rate under capped rates.
///
/// An encoder that is asked for a rate over a few seconds misses it by some per cent, for it has no time to make up for
/// what it learns; to make the clip again for that costs as much as to make it. So it is asked for a little less than the
/// rung's rate, seldom comes out above, and may come out further below.
enum ClipRates {
  private static let longest = 10.0
  /// Of the rung's rate, what is asked for.
  private static let asked = 0.98
  /// Of the rung's rate, what may be missing.
  static let below = 0.08

  /// The part of a rung's rate that a title may take.
  static func share(_ video: VideoPlan, _ controls: EncodeControls) -> Double {
    isClip(video, controls) ? asked : 1
  }

  fileprivate static func isClip(_ video: VideoPlan, _ controls: EncodeControls) -> Bool {
    controls.rateControl == .capped
      && Double(video.frames) < longest * video.frameRate.approximate
  }
}

extension RateCheck.Margins {
  /// Of what was encoded of this title.
  package static func measured(_ video: VideoPlan, _ controls: EncodeControls) -> RateCheck.Margins {
    ClipRates.isClip(video, controls) ? .measuredClip : .measured
  }
}
