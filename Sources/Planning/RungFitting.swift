internal import Media

/// Chooses the rungs of one picture: the displayed size and a ladder in; sizes and rates, from the largest to the
/// smallest, and reasons for what is left out, out.
///
/// A rung is a landscape box, turned for portrait pictures; a picture fills a box by the larger of its sides'
/// shares. A rung stays when the picture fills at least 0.9 of its box (then at its own size if it is
/// the smaller one), else it would be enlarged and goes; the smallest always stays. A picture that fills the largest
/// box that stays by more than 1.1, with a larger one gone, is between two boxes and gets a rung of its own size on top,
/// with rates interpolated linearly by pixels between the two neighbours: bits a pixel change slowly between them, and
/// the result is never outside of what the ladder's author chose. Each codec of a mixed ladder is a ladder of its own.
struct RungFitting {
  struct Fitted: Equatable {
    var name: String
    var codec: Codec
    var size: PictureSize
    var bitrate: Int
    var maxBitrate: Int
  }

  struct Result {
    var rungs: [Fitted] = []
    var notes: [PlanNote] = []
  }

  var ladder: Ladder
  var picture: PictureSize

  func fit() -> Result {
    var result = Result()
    let smallest = smallestRung()
    for codec in Ladder.Made.videoCodecs {
      let rungs = ladder.rungs.filter { $0.codec == codec }.sorted { $0.box.area < $1.box.area }
      fit(rungs, smallest: smallest, into: &result)
    }
    result.rungs.sort { ($0.size.area, $0.bitrate, $1.name) > ($1.size.area, $1.bitrate, $0.name) }
    return result
  }

  /// The one that stays whatever the source: of the codec that plays most widely.
  private func smallestRung() -> String? {
    for codec in Ladder.Made.videoCodecs {
      let rungs = ladder.rungs.filter { $0.codec == codec }
      if let rung = rungs.min(by: { $0.box.area < $1.box.area }) { return rung.name }
    }
    return nil
  }

  private func fit(_ rungs: [LadderRung], smallest: String?, into result: inout Result) {
    var below: LadderRung?
    var above: LadderRung?
    var lastSize: PictureSize?
    for rung in rungs {
      let box = turned(rung.box)
      let isSmallest = rung.name == smallest
      if let limit = ladder.maxHeight, rung.box.height > limit {
        result.notes.append(PlanNote(rung.name, "it is higher than max_height \(limit)"))
        continue
      }
      if !isSmallest, !fills(box, atLeastTenths: 9) {
        result.notes.append(
          PlanNote(rung.name, "the picture is only \(picture); it is not enlarged to \(box)"))
        above = above ?? rung
        continue
      }
      let size = RungFitting.size(of: picture, in: box)
      if size == lastSize, let below {
        result.notes.append(PlanNote(rung.name, "it would be the same \(size) as \(below.name)"))
        continue
      }
      result.rungs.append(
        Fitted(
          name: rung.name, codec: rung.codec, size: size, bitrate: rung.bitrate,
          maxBitrate: rung.maxBitrate))
      (below, lastSize) = (rung, size)
    }
    if let below, let above, let rung = between(below, above, taken: result.rungs.map(\.name)) {
      result.rungs.append(rung)
    }
  }

  private func between(_ below: LadderRung, _ above: LadderRung, taken: [String]) -> Fitted? {
    guard fills(turned(below.box), atLeastTenths: 11) else { return nil }
    let own = RungFitting.size(of: picture, in: picture)
    let lower = RungFitting.size(of: picture, in: turned(below.box)).area
    let upper = Int(RungFitting.filledArea(picture, turned(above.box)))
    let span = upper - lower
    guard span > 0 else { return nil }
    let part = min(max(own.area - lower, 0), span)
    func rate(_ low: Int, _ high: Int) -> Int {
      let exact = Double(low) + Double(high - low) * Double(part) / Double(span)
      return Int((exact / 1000).rounded()) * 1000
    }
    let bitrate = rate(below.bitrate, above.bitrate)
    return Fitted(
      name: name(of: own, codec: below.codec, taken: taken), codec: below.codec, size: own, bitrate: bitrate,
      maxBitrate: max(bitrate, rate(below.maxBitrate, above.maxBitrate)))
  }

  /// `900p`: the height of the 16:9 box that the picture just fits into.
  private func name(of size: PictureSize, codec: Codec, taken: [String]) -> String {
    let (long, short) = (max(size.width, size.height), min(size.width, size.height))
    let height = max(short, (long * 9 + 8) / 16)
    let isMixed = Set(ladder.rungs.map(\.codec)).count > 1
    let plain = isMixed && codec != .h264 ? "\(height)p-\(codec.rawValue)" : "\(height)p"
    var name = plain
    var number = 2
    // Also not the name of a rung that went: nobody should take 900p of one ladder for 900p of another.
    let used = taken + ladder.rungs.map(\.name)
    while used.contains(name) {
      name = "\(plain)-\(number)"
      number += 1
    }
    return name
  }

  private func turned(_ box: PictureSize) -> PictureSize {
    picture.height > picture.width ? box.turned : box
  }

  private func fills(_ box: PictureSize, atLeastTenths tenths: Int) -> Bool {
    let exactly = tenths == 11 ? 1 : 0  // "More than 1.1" against "at least 0.9".
    return picture.width * 10 >= box.width * tenths + exactly
      || picture.height * 10 >= box.height * tenths + exactly
  }

  /// The pixels of the picture scaled up or down until it touches the box.
  private static func filledArea(_ picture: PictureSize, _ box: PictureSize) -> Double {
    let scale = min(
      Double(box.width) / Double(picture.width), Double(box.height) / Double(picture.height))
    return Double(picture.width) * scale * Double(picture.height) * scale
  }

  /// `picture` scaled down into `box`: the side that meets the box first is the box's (or the picture's own, if that
  /// is smaller) made even downwards, the other the even number nearest to the aspect ratio. Never under 2.
  static func size(of picture: PictureSize, in box: PictureSize) -> PictureSize {
    let most = PictureSize(
      evenBelow(min(picture.width, box.width)), evenBelow(min(picture.height, box.height)))
    if picture.width * box.height >= picture.height * box.width {
      let height = evenNearest(picture.height * most.width, over: picture.width)
      return PictureSize(most.width, max(2, min(height, most.height)))
    }
    let width = evenNearest(picture.width * most.height, over: picture.height)
    return PictureSize(max(2, min(width, most.width)), most.height)
  }

  private static func evenBelow(_ number: Int) -> Int { max(2, number / 2 * 2) }

  private static func evenNearest(_ numerator: Int, over denominator: Int) -> Int {
    (numerator + denominator) / (2 * denominator) * 2
  }
}
