package import Media

/// Brings a rung whose encoder plans its own bits (HEVC, AV1) to the rates that it promises: the sizes of its frames,
/// chunk by chunk, in; the chunks that have to be made again, and with what, out.
///
/// One pass over one chunk misses its rate by some per cent, and always to the same side where the pictures are of one
/// kind. So each chunk has a target: with fixed rates its share as the analysis sees it, with capped rates nothing,
/// until the title turns out to take more than the rung's rate, and then what it took, scaled to that. While the
/// whole is further from its targets than a rendition may be, the chunks that are furthest are asked for more or for
/// less by as much as they missed. What breaks the buffer or the peak is then lowered as for every other rung.
package struct OwnRates: Sendable {
  /// A title that needs it has its rate within 2 %; the container adds to what is measured here.
  private static let tolerance = 0.012
  /// An encoder that gives less than this of what it was asked for has nothing more to say about such pictures.
  private static let easy = 0.6
  private static let factors = 0.5...1.6

  private let video: VideoPlan
  private let rung: Rung
  private let check: RateCheck
  private let isFixed: Bool
  /// Bits per second of each chunk.
  private var targets: [Double]?
  /// What the chunks were asked for; nil while quality alone decided.
  private var asked: [Allotment]?

  /// `shares` is what the analysis gives each chunk of this rung.
  package init(video: VideoPlan, rung: Rung, controls: EncodeControls, shares: [Allotment]) {
    self.video = video
    self.rung = rung
    // The whole is held to its rate here, by what each chunk missed.
    check = RateCheck(
      video: video, rung: rung, bufferSeconds: controls.bufferSeconds,
      margins: RateCheck.Margins(reserve: 0, peak: 1.1, total: nil, lowersDry: true))
    isFixed = controls.rateControl == .fixed
    if isFixed {
      let targets = Self.filled(shares.map { Double($0.bitrate) }, video, rung)
      self.targets = targets
      asked = targets.map { Allotment(bitrate: Int($0), scale: .none) }
    }
  }

  /// The shares raised or lowered to the rung's rate, none above its peak.
  private static func filled(_ shares: [Double], _ video: VideoPlan, _ rung: Rung) -> [Double] {
    let seconds = video.chunks.map { Double($0.frames) / video.frameRate.approximate }
    let wanted = Double(rung.bitrate) * seconds.reduce(0, +)
    let most = Double(max(rung.bitrate, rung.maxBitrate * 99 / 100))
    var rates = shares
    for _ in 0..<8 {
      let sum = zip(rates, seconds).reduce(0) { $0 + $1.0 * $1.1 }
      guard sum > 0 else { break }
      rates = rates.map { min($0 * wanted / sum, most) }
    }
    return rates
  }

  /// What each chunk is encoded with at first; nil: as the ladder says for the whole.
  package var first: [Allotment]? { asked }

  /// What each chunk is to be encoded with, and which have to be; nil when the rung is as promised. In the `last` round
  /// nothing is asked for more.
  package mutating func again(
    _ sizes: [[Int]], last: Bool
  ) -> (allotments: [Allotment], chunks: Set<Int>)? {
    let rates = zip(sizes, video.chunks).map { frames, chunk in
      Double(frames.reduce(0, +)) * 8 / seconds(chunk)
    }
    guard rates.count == video.chunks.count, rates.allSatisfy({ $0 > 0 }) else { return nil }
    if targets == nil { targets = capped(rates) }
    // What quality alone decided counts as asked for: it is what was had.
    let current = asked ?? rates.map { Allotment(bitrate: Int($0), scale: .none) }
    var changed: [Int: Allotment] = [:]
    for (chunk, factor) in missed(rates, current, last: last) {
      var allotment = current[chunk]
      allotment.bitrate = bounded(Double(allotment.bitrate) * factor)
      changed[chunk] = allotment
    }
    for (chunk, held) in check.again(sizes, current, isStrict: true) {
      var allotment = held
      allotment.bitrate = bounded(Double(min(held.bitrate, changed[chunk]?.bitrate ?? held.bitrate)))
      changed[chunk] = allotment
    }
    guard !changed.isEmpty else { return nil }
    let allotments = current.enumerated().map { changed[$0.offset] ?? $0.element }
    asked = allotments
    return (allotments, Set(changed.keys))
  }

  /// Above the peak an encoder takes the rate for the peak.
  private func bounded(_ rate: Double) -> Int {
    max(8000, min(rung.maxBitrate, Int(rate.rounded())))
  }

  /// Where the title at its quality takes more than the rung's rate, every chunk gives the same share of it.
  private func capped(_ rates: [Double]) -> [Double]? {
    let average = total(rates) / total(rates.map { _ in 1 })
    let wanted = Double(rung.bitrate)
    guard average > wanted * (1 + Self.tolerance) else { return nil }
    return rates.map { $0 * wanted / average }
  }

  /// The chunks that are furthest from their targets, as many as it takes, and by what to ask for more or for less.
  private func missed(_ rates: [Double], _ current: [Allotment], last: Bool) -> [(Int, Double)] {
    guard let targets else { return [] }
    let wanted = total(targets)
    var error = total(rates) - wanted
    guard abs(error) > Self.tolerance * wanted else { return [] }
    let isOver = error > 0
    guard isOver || !last else { return [] }
    let misses = zip(zip(rates, targets), video.chunks).map { ($0.0 - $0.1) * seconds($1) }
    let order = misses.indices.filter { chunk in
      isOver
        ? misses[chunk] > 0
        : misses[chunk] < 0 && rates[chunk] > Self.easy * Double(current[chunk].bitrate)
          && current[chunk].buffer == nil && current[chunk].bitrate < rung.maxBitrate
    }.sorted { (abs(misses[$0]), $1) > (abs(misses[$1]), $0) }
    var result: [(Int, Double)] = []
    for chunk in order where abs(error) > Self.tolerance / 4 * wanted && (error > 0) == isOver {
      let factor = min(max(targets[chunk] / rates[chunk], Self.factors.lowerBound), Self.factors.upperBound)
      result.append((chunk, factor))
      error -= misses[chunk]
    }
    return result
  }

  private func total(_ rates: [Double]) -> Double {
    zip(rates, video.chunks).reduce(0) { $0 + $1.0 * seconds($1.1) }
  }

  private func seconds(_ chunk: Chunk) -> Double {
    Double(max(1, chunk.frames)) / video.frameRate.approximate
  }
}
