package import Media

/// Holds a finished rung against the rates that it promises: the sizes of its frames, chunk by chunk, in; the chunks
/// that have to be made again, and with what, out.
///
/// Each chunk's encoder only assumes how full the buffer is when its chunk begins. Over the joined stream a leaky
/// bucket of `bufferBits`, filled at the peak rate and emptied by each frame, must never run dry; and no run of
/// segments of 0.5 to 1.5 target durations may be faster than the peak by more than a tenth. By a fixed rule the first
/// chunk of a fault is made again with the fullness that it really finds, and with fewer bits. And all together are
/// to take the rung's rate where the title needs it: where they miss it, the chunks that missed theirs most are made
/// again.
package struct RateCheck: Sendable {
  private static let containerShare = 1.012
  private static let fullAtStart = 0.9

  /// How near to the limits is a fault.
  package struct Margins: Sendable {
    /// The part of the buffer that must stay in it.
    var reserve: Double
    /// A measured peak may be this much above the ladder's (hls-checklist 8; what the container adds is in it).
    var peak: Double
    /// By how much all together may miss the rung's rate; nil: by any.
    var total: Total?
    /// A chunk that empties the buffer has its bits lowered, too. Where that is only expected it is enough to watch it:
    /// an encoder that knows of the buffer moves bits from its large frames to the others.
    var lowersDry: Bool

    /// Parts of the rung's rate.
    package struct Total: Sendable {
      var above: Double
      var below: Double
    }

    /// Of what was encoded.
    package static let measured = Margins(
      reserve: 0, peak: 1.1, total: Total(above: 0.018, below: 0.018), lowersDry: true)
    /// Of what was encoded of a clip (`ClipRates`).
    package static let measuredClip = Margins(
      reserve: 0, peak: 1.1, total: Total(above: 0.018, below: ClipRates.below), lowersDry: true)
    /// Of what the analysis expects, which is a few per cent off.
    package static let expected = Margins(reserve: 0.2, peak: 1.06, total: nil, lowersDry: false)
  }

  private let frameRate: Double
  private let chunks: [Chunk]
  private let segmentFrames: [Int]
  private let bitrate: Double
  private let peak: Double
  private let buffer: Double
  private let margins: Margins

  package init(video: VideoPlan, rung: Rung, bufferSeconds: Double, margins: Margins = .measured) {
    self.margins = margins
    frameRate = video.frameRate.approximate
    chunks = video.chunks
    segmentFrames = video.segmentFrames
    bitrate = Double(rung.bitrate)
    peak = Double(rung.maxBitrate)
    buffer = bufferSeconds * Double(rung.maxBitrate)
  }

  /// `sizes[c]` are the bytes of chunk c's frames in decode order. Gives new allotments for chunks at fault. `isStrict`:
  /// lowering them was tried.
  package func again(
    _ sizes: [[Int]], _ allotments: [Allotment], isStrict: Bool = false
  ) -> [Int: Allotment] {
    var result = dryChunks(sizes, allotments, isStrict: isStrict)
    if result.isEmpty, let total = margins.total {
      result = driftedChunks(sizes, allotments, total)
    }
    for (chunk, factor) in fastChunks(sizes) {
      var allotment = result[chunk] ?? allotments[chunk]
      allotment.bitrate = min(allotment.bitrate, max(8000, Int(Double(allotments[chunk].bitrate) * factor)))
      allotment.share = allotment.bitrate
      if isStrict {
        // Over any stretch of time no more than the rate and this buffer: the bound holds by itself. But large
        // keyframes suffer for it.
        allotment.buffer = Allotment.Buffer(
          bits: min(allotment.buffer?.bits ?? Int(buffer), Int(0.3 * peak)),
          startFullness: allotment.buffer?.startFullness ?? Self.fullAtStart)
      }
      result[chunk] = allotment
    }
    return result
  }

  private func rate(_ sizes: [Int], _ chunk: Int) -> Int {
    Int(Double(sizes.reduce(0, +)) * 8 * frameRate / Double(max(1, chunks[chunk].frames)))
  }

  private func dryChunks(
    _ sizes: [[Int]], _ allotments: [Allotment], isStrict: Bool
  ) -> [Int: Allotment] {
    var result: [Int: Allotment] = [:]
    let floor = buffer * margins.reserve
    var fullness = buffer * Self.fullAtStart
    let refill = peak / frameRate
    for (chunk, frames) in sizes.enumerated() {
      let start = fullness
      var missing = 0.0
      for bytes in frames {
        fullness -= Double(bytes) * 8
        missing = max(missing, floor - fullness)
        // A dry bucket was mended by this chunk's second making, so that what follows is judged by itself.
        fullness = min(buffer, max(floor, fullness) + refill)
      }
      // One frame's worth of rounding is not a fault.
      guard missing > refill / 2 else { continue }
      var allotment = allotments[chunk]
      let seconds = Double(max(1, chunks[chunk].frames)) / frameRate
      let bits = Double(rate(frames, chunk)) - 1.1 * missing / seconds
      let asked = Double(allotment.bitrate)
      // An encoder that believed in more than there was may keep its rate once it knows.
      let believed = allotment.buffer?.startFullness ?? 1
      let wasMistaken = believed > start / buffer + 0.02
      if margins.lowersDry, isStrict || !wasMistaken {
        allotment.bitrate = max(8000, Int(min(0.95 * asked, max(bits, 0.5 * asked))))
        allotment.share = allotment.bitrate
      } else if !margins.lowersDry, allotment.buffer != nil {
        continue
      }
      let found = 0.95 * min(believed, start / buffer)
      allotment.buffer = Allotment.Buffer(
        bits: allotment.buffer?.bits ?? Int(buffer), startFullness: max(0.05, found))
      result[chunk] = allotment
    }
    return result
  }

  /// How far a chunk may be moved from its share for the sake of the whole.
  private static let mostShift = 0.03

  /// The fewest chunks that bring the whole back to its rate, those first that missed their shares most.
  private func driftedChunks(
    _ sizes: [[Int]], _ allotments: [Allotment], _ total: Margins.Total
  ) -> [Int: Allotment] {
    let seconds = chunks.map { Double($0.frames) / frameRate }
    let got = sizes.map { Double($0.reduce(0, +)) * 8 }
    let shares = zip(allotments, seconds).map { Double($0.share) * $1 }
    let wanted = bitrate * seconds.reduce(0, +)
    let miss = got.reduce(0, +) - wanted
    let isOver = miss > 0
    let tolerance = isOver ? total.above : total.below
    // A title that reaches its quality with less is right to take less.
    guard abs(miss) > tolerance * wanted, isOver || shares.reduce(0, +) > (1 - tolerance / 2) * wanted
    else { return [:] }
    let aims = chunks.indices.map { index in
      isOver
        ? (1 - Self.mostShift) * min(shares[index], got[index])
        : min((1 + Self.mostShift) * max(shares[index], got[index]), 0.99 * peak * seconds[index])
    }
    // A chunk that is held by the peak, or by a buffer made small for it, has no room above.
    let order = chunks.indices.filter { isOver || !isHeld(allotments[$0]) && aims[$0] > got[$0] }
      .sorted { abs(got[$0] - aims[$0]) / max(1, shares[$0]) > abs(got[$1] - aims[$1]) / max(1, shares[$1]) }
    var result: [Int: Allotment] = [:]
    var left = abs(miss) - tolerance / 3 * wanted
    for index in order where left > 0 {
      // Only as far as is needed.
      let aim = isOver ? max(aims[index], got[index] - left) : min(aims[index], got[index] + left)
      var allotment = allotments[index]
      let factor = min(max(aim / max(1, got[index]), 0.7), 1.4)
      allotment.bitrate = max(8000, Int(Double(allotment.bitrate) * factor))
      result[index] = allotment
      left -= abs(got[index] - aim)
    }
    return result
  }

  private func isHeld(_ allotment: Allotment) -> Bool {
    (allotment.buffer?.bits ?? Int(buffer)) < Int(buffer)
  }

  /// For each run of segments that is too fast its heaviest chunk, and by what to lower it.
  private func fastChunks(_ sizes: [[Int]]) -> [(chunk: Int, factor: Double)] {
    let bits = segmentBits(sizes)
    let durations = zip(segmentFrames.dropFirst(), segmentFrames).map { Double($0 - $1) / frameRate }
    guard let longest = durations.max() else { return [] }
    let target = longest.rounded()
    let limit = peak * margins.peak
    var factors: [Int: Double] = [:]
    for first in durations.indices {
      var (sum, time) = (0.0, 0.0)
      for last in first..<durations.count {
        sum += bits[last] * Self.containerShare
        time += durations[last]
        if time > 1.5 * target { break }
        guard time >= 0.5 * target, sum / time > limit else { continue }
        let frames = segmentFrames[first]..<segmentFrames[last + 1]
        guard let worst = heaviest(in: frames, sizes) else { continue }
        factors[worst] = min(factors[worst] ?? 1, 0.97 * limit * time / sum)
      }
    }
    return factors.sorted { $0.key < $1.key }.map { (chunk: $0.key, factor: $0.value) }
  }

  /// Samples are stored in decode order, and closed GOPs make a segment's frames the same in both orders.
  private func segmentBits(_ sizes: [[Int]]) -> [Double] {
    let all = sizes.joined().map { Double($0) * 8 }
    return zip(segmentFrames.dropFirst(), segmentFrames).map { end, start in
      guard start <= end, end <= all.count else { return 0 }
      return all[start..<end].reduce(0, +)
    }
  }

  private func heaviest(in frames: Range<Int>, _ sizes: [[Int]]) -> Int? {
    chunks.indices.filter { index in
      let range = chunks[index].firstFrame..<chunks[index].firstFrame + chunks[index].frames
      return range.overlaps(frames)
    }.max { rate(sizes[$0], $0) < rate(sizes[$1], $1) }
  }
}
