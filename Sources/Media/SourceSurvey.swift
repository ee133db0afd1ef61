internal import Foundation

/// What a demux-only pass saw of the tracks that may be packaged: the real times, from which the plan works.
package struct SourceSurvey: Codable, Sendable, Equatable {
  /// The main video stream; nil when the source has none.
  package var video: PictureTimes?
  /// One for each audio stream, in stream order.
  package var audio: [AudioSpan]
  /// All times are told as they go on over these.
  package var restarts: [ClockRestart] = []

  package init(video: PictureTimes? = nil, audio: [AudioSpan] = []) {
    self.video = video
    self.audio = audio
  }
}

/// The presentation times of a video stream's pictures.
package struct PictureTimes: Codable, Sendable, Equatable {
  package var stream: Int
  package var timebase: Rational
  /// Ascending, one for each picture that is presented (edit lists applied, discarded ones left out).
  package var times: TickList
  /// Presentation times of the pictures at which decoding can start, ascending.
  package var keyframes: TickList
  /// The end of the last picture.
  package var end: Int64
  /// Times that packets among the others claim and that cannot be true, ascending; their pictures are left out.
  package var outliers: TickList = []

  package init(stream: Int, timebase: Rational, times: TickList, keyframes: TickList, end: Int64) {
    self.stream = stream
    self.timebase = timebase
    self.times = times
    self.keyframes = keyframes
    self.end = end
  }
}

extension Telecine {
  /// Film that flags spread over video of 30 frames a second: its mean rate is film's. nil where it is not.
  package static func filmRate(_ times: PictureTimes) -> Rational? {
    guard let first = times.times.values.first else { return nil }
    let seconds = MediaTime(times.end &- first, times.timebase).approximateSeconds
    guard seconds > 0 else { return nil }
    let mean = Double(times.times.values.count) / seconds
    // Video of 29.97 frames: nobody spreads film over 30.
    let film = Rational(24_000, 1001)
    return abs(film.approximate - mean) < 1 ? film : nil
  }
}

/// Where the presented sound of one audio stream begins and ends.
package struct AudioSpan: Codable, Sendable, Equatable {
  package var stream: Int
  package var timebase: Rational
  package var start: Int64
  package var end: Int64
  package var packets: Int
  /// Times that packets among the others claim and that cannot be true, ascending; their sound is left out.
  package var outliers: TickList = []

  package init(stream: Int, timebase: Rational, start: Int64, end: Int64, packets: Int) {
    self.stream = stream
    self.timebase = timebase
    self.start = start
    self.end = end
    self.packets = packets
  }
}

/// Many ticks. In JSON it is base64 of zigzag varint differences, since an hour of video has 200,000 of them.
package struct TickList: Codable, Sendable, Equatable, ExpressibleByArrayLiteral {
  package var values: [Int64]

  package init(_ values: [Int64]) { self.values = values }

  /// Of a list that ascends.
  package func contains(sorted value: Int64) -> Bool {
    var (low, high) = (0, values.count)
    while low < high {
      let middle = (low + high) / 2
      if values[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < values.count && values[low] == value
  }

  package init(arrayLiteral elements: Int64...) { values = elements }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let data = try container.decode(Data.self)
    var values: [Int64] = []
    var previous: Int64 = 0
    var accumulated: UInt64 = 0
    var shift: UInt64 = 0
    for byte in data {
      accumulated |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 != 0 {
        shift += 7
        if shift > 63 {
          throw DecodingError.dataCorruptedError(in: container, debugDescription: "long varint")
        }
        continue
      }
      let difference = Int64(bitPattern: accumulated >> 1) ^ -Int64(bitPattern: accumulated & 1)
      previous = previous &+ difference
      values.append(previous)
      (accumulated, shift) = (0, 0)
    }
    guard shift == 0 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "cut varint")
    }
    self.values = values
  }

  package func encode(to encoder: any Encoder) throws {
    var data = Data()
    var previous: Int64 = 0
    for value in values {
      let difference = value &- previous
      var rest = UInt64(bitPattern: (difference << 1) ^ (difference >> 63))
      while rest >= 0x80 {
        data.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      data.append(UInt8(rest))
      previous = value
    }
    var container = encoder.singleValueContainer()
    try container.encode(data)
  }
}
