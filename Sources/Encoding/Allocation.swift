internal import Foundation
package import Media

/// Shares out bits: what the analysis says of every chunk, and what a ladder allows, in; for each rung and chunk a
/// rate out.
///
/// Quality is even when every chunk gets the bits that it costs at one quantiser. That quantiser is the lowest at
/// which the title stays within the rung's rate; no chunk gets more than the rung's peak, and what that frees goes to
/// the others, which is the same as lowering the quantiser for them (water filling). With capped rates it is never
/// lower than the ladder's quality asks for, so that an easy title takes fewer bits. What the analysis expects of each
/// frame is then held against the rung's rates like a finished rung: only chunks that would come near them are
/// encoded under watch of a buffer.
///
/// Long titles are encoded in two waves: what the chunks of the first really took corrects what is expected of the
/// rest.
package struct Allocation: Sendable {
  /// x264 adds this to a rate factor when the macroblock tree is on (measured; equal for all sizes and pictures).
  private static let quantiserAboveRateFactor = 6.01
  private static let quantisers = 1.0...69.0
  /// How much faster bits of texture really grow than x264's own model has it, as a power of the step between levels
  /// (measured: 1.3 to 2 in all, more for grain; x264 takes 1.1).
  private static let steeper = 0.4

  private let video: VideoPlan
  private let controls: EncodeControls
  private let chunks: [ChunkAnalysis]
  private var calibrations: [Calibration]

  /// `chunks` in the order of the plan's.
  package init(
    video: VideoPlan, controls: EncodeControls, chunks: [ChunkAnalysis], calibrations: [Calibration]
  ) {
    self.video = video
    self.controls = controls
    self.chunks = chunks
    self.calibrations = calibrations
  }

  /// What each chunk of `rung` gets.
  package func allotments(for rung: Rung) -> [Allotment] {
    share(rung, among: video.chunks.indices.map { $0 }, wanted: wanted(rung))
  }

  /// The quantiser at which `rung` would be encoded throughout.
  package func quantiser(for rung: Rung) -> Double {
    quantiser(for: rung, among: video.chunks.indices.map { $0 }, wanted: wanted(rung))
  }

  /// The same after the first wave, which took `bits`, by the index of the chunk: chunks of the wave keep what `first`
  /// gave them, the rest gets what is left, by what the wave was `spent` on.
  package func allotments(
    for rung: Rung, first: [Allotment], took bits: [Int: Double], spent: [Calibration]
  ) -> [Allotment] {
    let rest = video.chunks.indices.filter { bits[$0] == nil }
    guard !rest.isEmpty, !bits.isEmpty else { return first }
    let share = rest.reduce(0) { $0 + seconds(video.chunks[$1]) } / max(0.001, duration)
    // What the wave took too much or too little is made up for, but not at any price.
    let left = wanted(rung) - bits.values.reduce(0, +)
    let even = wanted(rung) * share
    var informed = self
    informed.calibrations = spent
    let later = informed.share(rung, among: rest, wanted: min(max(left, 0.93 * even), 1.07 * even))
    var result = first
    for index in rest { result[index] = later[index] }
    return result
  }

  private func share(_ rung: Rung, among indices: [Int], wanted: Double) -> [Allotment] {
    let quantiser = quantiser(for: rung, among: indices, wanted: wanted)
    let scale = scale(for: rung, at: quantiser)
    let even = zip(chunks, video.chunks).map { analysis, chunk in
      let rate = min(analysis.bits.bits(at: quantiser, scale) / seconds(chunk), ceiling(rung))
      return Allotment(bitrate: max(Self.least(rung), Int(rate.rounded())), scale: scale)
    }
    return held(even, to: rung)
  }

  private static let mostRounds = 8

  /// `allotments` so that what is expected of them keeps the rung's rates.
  private func held(_ allotments: [Allotment], to rung: Rung) -> [Allotment] {
    let check = RateCheck(
      video: video, rung: rung, bufferSeconds: controls.bufferSeconds, margins: .expected)
    var held = allotments
    for _ in 0..<Self.mostRounds {
      let sizes = zip(zip(chunks, video.chunks), held).map { pair, allotment in
        pair.0.frames.sizes(total: Double(allotment.bitrate) * seconds(pair.1), allotment.scale)
          .map { Int($0 / 8) }
      }
      let faults = check.again(sizes, held)
      if faults.isEmpty { break }
      for (chunk, allotment) in faults { held[chunk] = allotment }
    }
    return held
  }

  /// The bits that the whole of `rung` may take.
  private func wanted(_ rung: Rung) -> Double {
    Double(rung.bitrate) * duration * ClipRates.share(video, controls)
  }

  /// The quantiser at which `rung` is encoded throughout, but for chunks at the ceiling.
  private func quantiser(for rung: Rung, among indices: [Int], wanted: Double) -> Double {
    var (low, high) = (Self.quantisers.lowerBound, Self.quantisers.upperBound)
    for _ in 0..<40 {
      let middle = (low + high) / 2
      let scale = scale(for: rung, at: middle)
      let total = indices.reduce(0) { sum, index in
        let most = ceiling(rung) * seconds(video.chunks[index])
        return sum + min(chunks[index].bits.bits(at: middle, scale), most)
      }
      if total > wanted { low = middle } else { high = middle }
    }
    guard controls.rateControl == .capped else { return high }
    return max(high, controls.quality + Self.quantiserAboveRateFactor)
  }

  /// The bit scale of a rung that is encoded at `quantiser`: measured where a calibration has it.
  package func scale(for rung: Rung, at quantiser: Double) -> BitScale {
    let size = chunks.first?.size ?? rung.size
    let usual = BitScale(from: size, to: rung.size)
    let measured = calibrations.filter { $0.rungs[rung.name] != nil }
    guard !measured.isEmpty else { return usual }
    let rungBits = measured.compactMap { $0.rungs[rung.name] }.reduce(BitSum(), +)
    var scale = BitScale(
      measured: rungBits, against: measured.map(\.analysed).reduce(BitSum(), +), usual: usual)
    let distance = min(max(rungBits.quantiser - quantiser, -6), 6)
    scale.texture *= exp2(distance / 6 * Self.steeper)
    return scale
  }

  /// The encoder needs some room below the peak to keep to it.
  private func ceiling(_ rung: Rung) -> Double { Double(max(rung.bitrate, rung.maxBitrate * 99 / 100)) }

  /// Black pictures cost nearly nothing, and an encoder asked for nothing is asked for nonsense.
  private static func least(_ rung: Rung) -> Int { max(8000, rung.bitrate / 50) }

  private func seconds(_ chunk: Chunk) -> Double { Double(chunk.frames) / video.frameRate.approximate }
  private var duration: Double { video.chunks.reduce(0) { $0 + seconds($1) } }

  /// The chunks whose beginning is tried at every size: evenly spread, one for each 30 s, six at most.
  package static func calibrated(_ video: VideoPlan) -> [Chunk] {
    let seconds = Double(video.frames) / max(0.001, video.frameRate.approximate)
    let count = min(video.chunks.count, min(6, max(1, Int(seconds / 30))))
    return (0..<count).map { video.chunks[(2 * $0 + 1) * video.chunks.count / (2 * count)] }
  }

  /// The chunks that are encoded first, where a title has enough of them for the rest to gain by it: about a fourth,
  /// in runs that share a keyframe of the source, since decoding begins there.
  package static func firstWave(_ video: VideoPlan) -> Set<Int> {
    guard video.chunks.count >= 6 else { return [] }
    var wave: Set<Int> = []
    var run: [Int] = []
    var passed = 2
    for chunk in video.chunks {
      if let last = run.last, video.chunks[last].seek != chunk.seek { close() }
      run.append(chunk.index)
    }
    close()
    return wave.count < video.chunks.count ? wave : []

    func close() {
      // Every fourth chunk is owed; a run is taken when half of it is.
      passed += run.count
      if passed >= 4 {
        wave.formUnion(run)
        passed -= 4 * run.count
      }
      run = []
    }
  }
}
