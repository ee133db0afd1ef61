internal import Foundation
internal import Media

/// Measures loudness as EBU R 128 says: the samples of a track in order, planar, in; integrated loudness (ITU-R
/// BS.1770-4), loudness range (EBU Tech 3342) and true peak out.
///
/// Every channel goes through the K filter; its energy is summed over 100 ms. Four of these sums are one block of
/// integrated loudness, thirty one of the range. An hour takes 36,000 sums.
struct LoudnessMeter {
  private let weights: [Double]
  private let step: Int
  private let filter: KFilter
  private var states: [KFilter.State]
  private var peaks: [TruePeakMeter]
  /// Of the 100 ms that are not complete.
  private var energy = 0.0
  private var samples = 0
  /// Mean squares, weighted and summed over the channels, of 100 ms each.
  private var energies: [Double] = []

  /// `weights`: what each channel counts (see `SoundFormat.loudnessWeights`).
  init(rate: Int, weights: [Double]) {
    self.weights = weights
    step = max(1, rate / 10)
    filter = KFilter(rate: Double(max(1, rate)))
    states = weights.map { _ in KFilter.State() }
    peaks = weights.map { _ in TruePeakMeter() }
  }

  mutating func add(_ planes: [[Float]], from start: Int, count: Int) {
    guard count > 0, planes.count == weights.count, planes.allSatisfy({ start + count <= $0.count }) else {
      return
    }
    for channel in planes.indices { peaks[channel].add(planes[channel][start..<start + count]) }
    var first = start
    while first < start + count {
      let length = min(step - samples, start + count - first)
      for channel in planes.indices where weights[channel] > 0 {
        energy +=
          weights[channel]
          * filter.energy(of: planes[channel], from: first, count: length, &states[channel])
      }
      samples += length
      first += length
      if samples == step {
        energies.append(energy / Double(step))
        (energy, samples) = (0, 0)
      }
    }
  }

  mutating func finish() -> Loudness {
    for channel in peaks.indices { peaks[channel].finish() }
    let peak = peaks.map(\.peak).max() ?? 0
    return Loudness(
      integrated: integrated.map(Self.rounded), range: Self.rounded(range),
      truePeak: peak > 0 ? Self.rounded(20 * log10(Double(peak))) : nil)
  }

  static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  private static func loudness(_ energy: Double) -> Double { -0.691 + 10 * log10(energy) }
  private static func energy(_ loudness: Double) -> Double { pow(10, (loudness + 0.691) / 10) }

  /// The means of `count` sums in a row, from every one on.
  private func blocks(of count: Int) -> [Double] {
    guard energies.count >= count else { return [] }
    return (0...energies.count - count).map { first in
      energies[first..<first + count].reduce(0, +) / Double(count)
    }
  }

  private func gated(_ blocks: [Double], below relative: Double) -> [Double] {
    let loud = blocks.filter { $0 > Self.energy(-70) }
    guard !loud.isEmpty else { return [] }
    let gate = loud.reduce(0, +) / Double(loud.count) * pow(10, relative / 10)
    return loud.filter { $0 > gate }
  }

  /// A sound shorter than a block is one block of its own.
  private var integrated: Double? {
    var all = blocks(of: 4)
    if all.isEmpty {
      let count = energies.count * step + samples
      guard count > 0 else { return nil }
      all = [(energies.reduce(0, +) * Double(step) + energy) / Double(count)]
    }
    let heard = gated(all, below: -10)
    return heard.isEmpty ? nil : Self.loudness(heard.reduce(0, +) / Double(heard.count))
  }

  /// From the 10th to the 95th percentile of what is less than 20 LU below the mean.
  private var range: Double {
    let heard = gated(blocks(of: 30), below: -20).sorted()
    guard heard.count > 1 else { return 0 }
    func percentile(_ share: Double) -> Double { heard[Int((Double(heard.count - 1) * share).rounded())] }
    return max(0, Self.loudness(percentile(0.95)) - Self.loudness(percentile(0.10)))
  }
}

/// The K filter of ITU-R BS.1770-4 annex 1: a shelf for the head and a high pass, for any sample rate.
struct KFilter {
  /// Of one channel: the two values that each of both filters remembers.
  struct State {
    var shelf = (0.0, 0.0)
    var pass = (0.0, 0.0)
  }

  private struct Section {
    var b0: Double
    var b1: Double
    var b2: Double
    var a1: Double
    var a2: Double
  }

  private let shelf: Section
  private let pass: Section

  init(rate: Double) {
    // The analogue filters that the standard's coefficients for 48 kHz come from.
    var (frequency, quality) = (1681.974450955533, 0.7071752369554196)
    var k = tan(.pi * min(frequency / rate, 0.49))
    let high = pow(10, 3.999843853973347 / 20)
    let band = pow(high, 0.4996667741545416)
    var a0 = 1 + k / quality + k * k
    shelf = Section(
      b0: (high + band * k / quality + k * k) / a0, b1: 2 * (k * k - high) / a0,
      b2: (high - band * k / quality + k * k) / a0, a1: 2 * (k * k - 1) / a0,
      a2: (1 - k / quality + k * k) / a0)
    (frequency, quality) = (38.13547087602444, 0.5003270373238773)
    k = tan(.pi * frequency / rate)
    a0 = 1 + k / quality + k * k
    pass = Section(b0: 1, b1: -2, b2: 1, a1: 2 * (k * k - 1) / a0, a2: (1 - k / quality + k * k) / a0)
  }

  /// The sum of the squares of what comes out.
  func energy(of samples: [Float], from first: Int, count: Int, _ state: inout State) -> Double {
    var (shelf1, shelf2) = state.shelf
    var (pass1, pass2) = state.pass
    var sum = 0.0
    for index in first..<first + count {
      let input = Double(samples[index])
      let middle = shelf.b0 * input + shelf1
      shelf1 = shelf.b1 * input - shelf.a1 * middle + shelf2
      shelf2 = shelf.b2 * input - shelf.a2 * middle
      let output = middle + pass1
      pass1 = pass.b1 * middle - pass.a1 * output + pass2
      pass2 = pass.b2 * middle - pass.a2 * output
      sum += output * output
    }
    // What is left of a sound after a long silence is no sound, and slow to reckon with.
    func settled(_ value: Double) -> Double { abs(value) < 1e-30 ? 0 : value }
    state.shelf = (settled(shelf1), settled(shelf2))
    state.pass = (settled(pass1), settled(pass2))
    return sum
  }
}
