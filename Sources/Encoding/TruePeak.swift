internal import Foundation

/// The level of sound between its samples: four times as many are interpolated (ITU-R BS.1770-4 annex 2), each from
/// 32 samples, by a sinc under a Kaiser window.
enum TruePeak {
  /// Samples needed before and after the one from which a peak is sought.
  static let before = 15
  static let after = 16

  /// What each of the 32 samples counts for the three points between one sample and the next, point by point.
  static let taps: [Float] = {
    // On a grid: the functions of the C library may differ in the last bit from processor to processor.
    func onGrid(_ value: Double) -> Float { Float((value * 0x1p22).rounded() * 0x1p-22) }
    return (0..<before + after + 1).flatMap { tap in
      (1...3).map { point in
        let distance = Double(tap - before) - Double(point) / 4
        return onGrid(sinc(distance) * window(distance / Double(after)))
      }
    }
  }()

  /// No point is higher than the highest of its samples times this.
  static let reach: Float = {
    let sums = (0..<3).map { point in
      stride(from: point, to: taps.count, by: 3).reduce(Float(0)) { $0 + taps[$1].magnitude }
    }
    return (sums.max() ?? 1) * 1.000_01
  }()

  /// For each sample of a range the highest point from it up to before the next one; there are `before` samples before
  /// the range and `after` behind it.
  static func peaks(_ samples: [Float], _ range: Range<Int>, _ each: (Int, Float) -> Void) {
    guard range.lowerBound >= before, range.upperBound + after <= samples.count else { return }
    // This is most of the work of measuring: pointers and plain numbers are quick even where nothing is optimised.
    unsafe taps.withUnsafeBufferPointer { taps in
      unsafe samples.withUnsafeBufferPointer { samples in
        guard let taps = taps.baseAddress, let samples = samples.baseAddress else { return }
        var index = range.lowerBound
        while index < range.upperBound {
          var sample = unsafe samples + (index - before)
          var weight = unsafe taps
          var (first, second, third) = (Float(0), Float(0), Float(0))
          var tap = before + after + 1
          while tap > 0 {
            let value = unsafe sample[0]
            unsafe first += weight[0] * value
            unsafe second += weight[1] * value
            unsafe third += weight[2] * value
            unsafe sample += 1
            unsafe weight += 3
            tap -= 1
          }
          let own = unsafe samples[index].magnitude
          each(index, max(own, max(first.magnitude, max(second.magnitude, third.magnitude))))
          index += 1
        }
      }
    }
  }

  private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(.pi * x) / (.pi * x) }

  private static func window(_ x: Double) -> Double {
    guard abs(x) < 1 else { return 0 }
    return bessel(9 * (1 - x * x).squareRoot()) / bessel(9)
  }

  /// The modified Bessel function of order 0.
  private static func bessel(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for index in 1..<64 {
      term *= (x / 2 / Double(index)) * (x / 2 / Double(index))
      sum += term
    }
    return sum
  }
}

/// The highest level of one channel between its samples: blocks of samples in, the peak out.
struct TruePeakMeter {
  private(set) var peak: Float = 0
  /// The last samples of the blocks before, which their points need as well.
  private var samples: [Float] = Array(repeating: 0, count: TruePeak.before)

  mutating func add(_ block: ArraySlice<Float>) {
    samples += block
    look()
  }

  mutating func finish() {
    samples += Array(repeating: 0, count: TruePeak.after)
    look()
  }

  private mutating func look() {
    let end = samples.count - TruePeak.after
    guard end > TruePeak.before else { return }
    // Most of the sound is so far below the peak that its points need not be looked at.
    let step = 256
    var index = TruePeak.before
    while index < end {
      let stop = min(index + step, end)
      let highest = samples[index - TruePeak.before..<stop + TruePeak.after].reduce(Float(0)) {
        max($0, $1.magnitude)
      }
      if highest * TruePeak.reach > peak {
        var highest = peak
        TruePeak.peaks(samples, index..<stop) { highest = max(highest, $1) }
        peak = highest
      }
      index = stop
    }
    samples.removeSubrange(0..<end - TruePeak.before)
  }
}
