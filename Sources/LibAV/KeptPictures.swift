internal import Media

/// Pictures of a short title that are shown more than once, kept so that they are decoded once.
///
/// In: pictures as they are shown for the first time, in runs by the moment that each run begins with. Out: the same
/// pictures for the same moments. Holds references to decoded pictures: whoever asks for it to keep them has seen to it
/// that there is room.
final class KeptPictures {
  private final class Picture {
    let time: Int64
    let frame: Frame

    init(_ frame: consuming Frame, time: Int64) {
      self.frame = frame
      self.time = time
    }
  }

  private struct Run {
    var pictures: [Picture] = []
    /// The last moment that it can tell the picture of.
    var until: Int64
  }

  private var runs: [Int64: Run] = [:]
  private var keeping: Int64?

  /// What is kept from now on is the run from `moment` on.
  func begin(at moment: Int64) {
    runs[moment] = Run(until: moment)
    keeping = moment
  }

  /// Nothing more belongs to the run.
  func end() { keeping = nil }

  /// `frame`, whose own time is `time`, is what is shown at `moment`.
  func note(_ frame: borrowing Frame, time: Int64, at moment: Int64) throws(AVFailure) {
    guard let keeping, var run = runs.removeValue(forKey: keeping) else { return }
    if run.pictures.last?.time != time {
      let shared = try Frame()
      try shared.refer(to: frame)
      run.pictures.append(Picture(shared, time: time))
    }
    run.until = max(run.until, moment)
    runs[keeping] = run
  }

  func forget(_ run: Int64) { runs[run] = nil }

  func has(_ run: Int64) -> Bool { runs[run]?.pictures.isEmpty == false }

  /// Brings what was shown at `moment` in `run` to `frame` and gives its time; nil for moments that it cannot tell of.
  /// Moments come in ascending order: `place` is where the last one was found.
  func show(
    _ moment: Int64, of run: Int64, from place: inout Int, in frame: borrowing Frame
  ) throws(AVFailure) -> Int64? {
    guard let run = runs[run], moment <= run.until else { return nil }
    while place + 1 < run.pictures.count, run.pictures[place + 1].time <= moment { place += 1 }
    guard run.pictures.indices.contains(place) else { return nil }
    try frame.refer(to: run.pictures[place].frame)
    return run.pictures[place].time
  }
}
