internal import Foundation
internal import Media

/// What x264's first pass wrote about one frame: the line as it stands, and the numbers that the second pass plans
/// with.
struct PassFrame: Equatable {
  var line: String
  /// Its number in order of presentation.
  var displayIndex: Int
  /// `I`, `P`, `B`, `b`.
  var type: Character
  /// The quantiser that rate control chose.
  var quantiser: Double
  var textureBits: Double
  var motionBits: Double
  var otherBits: Double
  var intraBlocks: Int
  var interBlocks: Int
  var skippedBlocks: Int
}

/// x264's statistics file of one chunk, read so that it can be written again for another size of the same pictures.
///
/// The second pass of x264 takes the first pass's bits as what its own frames will cost. A first pass at 360p is far
/// from that for every other size: x264 would start each chunk with a quantiser that is much too low or too high and
/// only find out after a second of pictures. So the bits are scaled to the size before a rung reads them.
struct PassStatistics: Equatable {
  var header: String
  var frames: [PassFrame]

  enum Failure: Error, Equatable { case unreadable(path: String, what: String) }

  init(header: String, frames: [PassFrame]) {
    self.header = header
    self.frames = frames
  }

  init(path: String) throws(Failure) {
    guard let data = FileManager.default.contents(atPath: path),
      let text = String(data: data, encoding: .utf8)
    else { throw .unreadable(path: path, what: "cannot be read") }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: true)[...]
    guard let first = lines.popFirst(), first.hasPrefix("#options:") else {
      throw .unreadable(path: path, what: "does not begin with x264's options")
    }
    header = String(first)
    var frames: [PassFrame] = []
    for line in lines {
      guard let frame = PassFrame(line) else {
        throw .unreadable(path: path, what: "line \(frames.count + 2) is not a frame")
      }
      frames.append(frame)
    }
    self.frames = frames
  }

  /// The file for a rung whose frames cost more or less by `scale`. x264 itself takes bits to grow with the number of
  /// pixels to the power of 0.7 and multiplies what it reads: that much is left out.
  func text(scaled wanted: BitScale, from size: PictureSize, to target: PictureSize) -> String {
    let own = pow(Double(target.area) / Double(max(1, size.area)), 0.7)
    let scale = BitScale(
      texture: wanted.texture / own, motion: wanted.motion / own, other: wanted.other / own)
    var text = header + "\n"
    for frame in frames {
      text += frame.replacing([
        ("tex", frame.textureBits * scale.texture), ("mv", frame.motionBits * scale.motion),
        ("misc", frame.otherBits * scale.other),
      ])
      text += "\n"
    }
    return text
  }
}

extension PassStatistics {
  /// All bits of `frames` by kind, with the quantiser that they were spent at on average.
  static func sum(_ frames: some Collection<PassFrame>) -> BitSum {
    var sum = BitSum()
    for frame in frames {
      sum.frames += 1
      sum.quantiser += frame.quantiser
      sum.texture += frame.textureBits
      sum.motion += frame.motionBits
      sum.other += frame.otherBits
    }
    if sum.frames > 0 { sum.quantiser /= Double(sum.frames) }
    return sum
  }

  /// What all frames of a chunk would take as `measured` has it, the first of them, which `tried` is of the analysis.
  /// Keyframes and others by themselves: the larger the picture, the more the others save by comparison, and at the
  /// beginning of a chunk a keyframe is a larger part than in the whole.
  static func extrapolated(
    _ measured: [PassFrame], like tried: some Collection<PassFrame>, to all: [PassFrame]
  ) -> BitSum {
    var sum = BitSum()
    for isKey in [true, false] {
      func part(_ frames: some Collection<PassFrame>) -> BitSum {
        self.sum(frames.filter { ($0.type == "I") == isKey })
      }
      sum = sum + part(measured).extrapolated(like: part(tried), to: part(all))
    }
    return sum
  }

  /// In coding order the fewest frames from the chunk's beginning, but `enough`, that are also the first in order of
  /// presentation; no more than its first GOP.
  func beginning(of enough: Int) -> ArraySlice<PassFrame> {
    var last = 0
    for (index, frame) in frames.enumerated() {
      if index > 0, frame.type == "I" { return frames[..<index] }
      last = max(last, frame.displayIndex)
      if index + 1 >= enough, last == index { return frames[...index] }
    }
    return frames[...]
  }
}

extension PassFrame {
  init?(_ line: Substring) {
    var fields: [Substring: Substring] = [:]
    for field in line.split(separator: " ") {
      guard let colon = field.firstIndex(of: ":") else { continue }
      fields[field[..<colon]] = field[field.index(after: colon)...]
    }
    func number(_ name: Substring) -> Double? { fields[name].flatMap { Double($0) } }
    guard let type = fields["type"]?.first, let quantiser = number("q"), let texture = number("tex"),
      let motion = number("mv"), let other = number("misc"), let intra = number("imb"),
      let inter = number("pmb"), let skipped = number("smb")
    else { return nil }
    self.line = String(line)
    displayIndex = fields["in"].flatMap { Int($0) } ?? 0
    self.type = type
    self.quantiser = quantiser
    textureBits = texture
    motionBits = motion
    otherBits = other
    intraBlocks = Int(intra)
    interBlocks = Int(inter)
    skippedBlocks = Int(skipped)
  }

  /// The line with other whole numbers behind some names.
  fileprivate func replacing(_ values: [(name: String, value: Double)]) -> String {
    line.split(separator: " ", omittingEmptySubsequences: false).map { field -> Substring in
      guard let colon = field.firstIndex(of: ":"),
        let (name, value) = values.first(where: { $0.name == field[..<colon] })
      else { return field }
      return "\(name):\(Int64(value.rounded()))"
    }.joined(separator: " ")
  }
}
