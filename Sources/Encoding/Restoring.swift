internal import Foundation
internal import LibAV
package import Media

/// Finds out what the larger sizes of a ladder add: enlarges each next smaller picture again and compares.
///
/// In: the pictures of a cascade. Out: for a size how near the smaller one comes to it. Nearer than an encoder comes to
/// its own source, and the larger size shows nothing that the smaller one does not.
final class Restoring {
  /// Of so many frames one is looked at.
  private static let stride = 15

  private let sizes: [PictureSize]
  private let wanted: Set<Int>
  private var scalers: [Int: Enlarger] = [:]
  private var errors: [Int: (sum: Double, count: Int)] = [:]

  private final class Enlarger {
    let scaler: Scaler
    init(_ scaler: consuming Scaler) { self.scaler = scaler }
  }

  /// `sizes` of the cascade; `wanted` those to be told about. The smallest of all has nothing below it.
  init(_ sizes: [PictureSize], _ wanted: [PictureSize]) {
    self.sizes = sizes
    self.wanted = Set(sizes.indices.dropLast().filter { wanted.contains(sizes[$0]) })
  }

  func look(_ cascade: borrowing PictureCascade, frame: Int) throws {
    guard frame % Self.stride == 0 else { return }
    for index in wanted.sorted() {
      let error = try cascade.picture(index + 1) { small in
        let enlarger = try enlarger(for: index, from: small)
        return try enlarger.scaler.scale(small) { enlarged in
          try cascade.picture(index) { enlarged.lumaError(to: $0) }
        }
      }
      guard let error else { continue }
      let before = errors[index] ?? (0, 0)
      errors[index] = (before.sum + error, before.count + 1)
    }
  }

  /// Peak signal to noise; nil where nothing was compared.
  func decibels(_ size: PictureSize) -> Double? {
    guard let index = sizes.firstIndex(of: size), let error = errors[index], error.count > 0 else {
      return nil
    }
    let mean = max(error.sum / Double(error.count), 0.001)
    return 10 * log10(255 * 255 / mean)
  }

  private func enlarger(for index: Int, from small: borrowing Frame) throws -> Enlarger {
    if let enlarger = scalers[index] { return enlarger }
    let colour = Colour.bt709
    let made = Enlarger(
      try Scaler.open(
        from: small.size, format: small.format, colour: colour, to: sizes[index], targetColour: colour,
        kernel: .lanczos))
    scalers[index] = made
    return made
  }
}

/// Which rungs a title does not need: what the trials say of the ladder's rungs in, their names out.
package enum Redundancy {
  /// As near as that, and no encoder at a ladder's rates comes nearer to its own source.
  private static let decibels = 46.0

  package static func rungs(_ rungs: [Rung], _ calibrations: [Calibration]) -> Set<String> {
    Set(
      rungs.filter { rung in
        let found = calibrations.compactMap { $0.restorable[rung.name] }
        guard let worst = found.min(), worst >= decibels else { return false }
        return rungs.contains { $0.codec == rung.codec && $0.size.area < rung.size.area }
      }.map(\.name))
  }
}
