internal import Foundation
internal import Media

/// What containers say is cut off the edges of pictures, which FFmpeg 5.1 passes over: an open file in; the crops by
/// track out. Only the descriptor is read, box by box, and nothing in it is believed: whatever does not fit into the
/// file, or is too much, ends the search.
package enum ContainerCrop {
  /// Of one track.
  package struct Found: Sendable, Equatable {
    package var left: Int
    package var top: Int
    package var width: Int
    package var height: Int
    /// The container's aspect ratio is that of what is left, and FFmpeg took it for that of the whole picture.
    package var aspectIsOfCrop: Bool

    package init(left: Int, top: Int, width: Int, height: Int, aspectIsOfCrop: Bool) {
      (self.left, self.top) = (left, top)
      (self.width, self.height) = (width, height)
      self.aspectIsOfCrop = aspectIsOfCrop
    }
  }

  /// Boxes and elements that are looked at, in all.
  static let most = 20_000

  /// Clean apertures (ISO/IEC 14496-12, 12.1.4) by track ID.
  package static func ofMovie(descriptor: Int32) -> [Int: Found] {
    var boxes = BoxWalk(file: FileReading(descriptor: descriptor))
    var found: [Int: Found] = [:]
    for movie in boxes.children(0..<boxes.file.bytes, "moov").prefix(1) {
      for track in boxes.children(movie, "trak").prefix(1000) {
        guard let header = boxes.children(track, "tkhd").first, let id = boxes.trackID(header) else {
          continue
        }
        var place = [track]
        for name in ["mdia", "minf", "stbl", "stsd"] { place = place.flatMap { boxes.children($0, name) } }
        guard let table = place.first, let crop = boxes.aperture(table) else { continue }
        found[id] = crop
      }
    }
    return found
  }

  /// Matroska's PixelCrop elements (RFC 9559, 5.1.4.1.28.8 and after), one for each video track in order.
  package static func ofMatroska(descriptor: Int32) -> [Found?] {
    let file = FileReading(descriptor: descriptor)
    var walk = ElementWalk()
    guard let tracks = walk.tracks(file) else { return [] }
    return walk.children(tracks).filter { $0.id == 0xae }.compactMap { entry -> Found?? in
      let parts = walk.children(entry.body)
      guard walk.number(parts, 0x83) == 1 else { return nil }
      guard let video = parts.first(where: { $0.id == 0xe0 }) else { return .some(nil) }
      return .some(walk.crop(video.body))
    }
  }

  /// nil where nothing is cut off, or more than there is.
  static func crop(
    left: Int, top: Int, width: Int, height: Int, of whole: PictureSize, aspectIsOfCrop: Bool = false
  )
    -> Found?
  {
    guard left >= 0, top >= 0, width > 0, height > 0, left <= whole.width, top <= whole.height,
      width <= whole.width - left, height <= whole.height - top,
      width < whole.width || height < whole.height
    else { return nil }
    return Found(left: left, top: top, width: width, height: height, aspectIsOfCrop: aspectIsOfCrop)
  }
}

/// Bytes of an open file at any place; nil where there are none.
struct FileReading {
  let descriptor: Int32
  let bytes: Int64

  init(descriptor: Int32) {
    self.descriptor = descriptor
    var status = stat()
    bytes = unsafe fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
  }

  func read(_ place: Int64, _ count: Int) -> [UInt8]? {
    guard place >= 0, count > 0, place <= bytes - Int64(count) else { return nil }
    var result = [UInt8](repeating: 0, count: count)
    let got = unsafe result.withUnsafeMutableBytes {
      unsafe pread(descriptor, $0.baseAddress, count, Int(place))
    }
    return got == count ? result : nil
  }
}

private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

/// Walks through the boxes of an ISO file by their headers.
private struct BoxWalk {
  let file: FileReading
  private var seen = 0

  init(file: FileReading) { self.file = file }

  /// The bodies of the boxes of one type within a stretch of the file.
  mutating func children(_ stretch: Range<Int64>, _ name: String) -> [Range<Int64>] {
    var result: [Range<Int64>] = []
    var place = stretch.lowerBound
    while place < stretch.upperBound, seen < ContainerCrop.most {
      seen += 1
      guard let head = file.read(place, 8) else { break }
      var length = number(head[0..<4])
      var start = place + 8
      if length == 1 {
        guard let large = file.read(place + 8, 8) else { break }
        length = number(large[...])
        start += 8
      } else if length == 0 {
        length = UInt64(stretch.upperBound - place)
      }
      guard let whole = Int64(exactly: length), whole >= start - place, whole <= stretch.upperBound - place
      else {
        break
      }
      if head[4..<8].elementsEqual(name.utf8) { result.append(start..<place + whole) }
      place += whole
    }
    return result
  }

  func trackID(_ header: Range<Int64>) -> Int? {
    guard let version = file.read(header.lowerBound, 1)?.first else { return nil }
    let place = header.lowerBound + (version == 1 ? 20 : 12)
    return file.read(place, 4).map { Int(number($0[...])) }
  }

  /// Of the first sample entry.
  mutating func aperture(_ table: Range<Int64>) -> ContainerCrop.Found? {
    // Version, flags and count; then size and type, and 78 bytes of VisualSampleEntry.
    let entry = table.lowerBound + 8
    guard let head = file.read(entry, 86), let length = Int64(exactly: number(head[0..<4])), length > 86,
      length <= table.upperBound - entry
    else { return nil }
    let whole = PictureSize(Int(number(head[32..<34])), Int(number(head[34..<36])))
    guard let box = children(entry + 86..<entry + length, "clap").first,
      let bytes = file.read(box.lowerBound, 32)
    else { return nil }
    let values = (0..<8).map { Int(Int32(bitPattern: UInt32(number(bytes[$0 * 4..<$0 * 4 + 4])))) }
    func ratio(_ index: Int) -> Double? {
      let value = Double(values[index]) / Double(values[index + 1])
      return value.isFinite && abs(value) < 100_000 ? value : nil
    }
    guard let width = ratio(0), let height = ratio(2), let right = ratio(4), let down = ratio(6) else {
      return nil
    }
    let size = PictureSize(Int(width.rounded()), Int(height.rounded()))
    // The offset is that of the centres.
    return ContainerCrop.crop(
      left: Int((right + Double(whole.width - size.width) / 2).rounded(.down)),
      top: Int((down + Double(whole.height - size.height) / 2).rounded(.down)), width: size.width,
      height: size.height, of: whole)
  }
}

/// Walks through the elements of a Matroska file.
private struct ElementWalk {
  struct Element {
    var id: UInt64
    var body: ArraySlice<UInt8>
  }

  private static let (segment, tracks, cluster): (UInt64, UInt64, UInt64) = (
    0x1853_8067, 0x1654_ae6b, 0x1f43_b675
  )
  /// No file has more to say about its tracks than this, but for hostile ones.
  private static let mostBytes = 4 << 20
  private var seen = 0

  /// The body of the list of tracks, where it stands before the media.
  mutating func tracks(_ file: FileReading) -> ArraySlice<UInt8>? {
    var place: Int64 = 0
    while seen < 1000 {
      seen += 1
      let count = Int(min(12, file.bytes - place))
      guard count > 2, let head = file.read(place, count), let (id, idLength) = Self.id(head[...]),
        let (size, sizeLength) = Self.size(head[idLength...])
      else { return nil }
      place += Int64(idLength + sizeLength)
      if id == Self.segment { continue }
      guard id != Self.cluster, let size, let length = Int64(exactly: size), length <= file.bytes - place
      else {
        return nil
      }
      if id == Self.tracks {
        guard length > 0, length <= Self.mostBytes else { return nil }
        return file.read(place, Int(length))?[...]
      }
      place += length
    }
    return nil
  }

  mutating func children(_ body: ArraySlice<UInt8>) -> [Element] {
    var result: [Element] = []
    var rest = body
    while !rest.isEmpty, seen < ContainerCrop.most {
      seen += 1
      guard let (id, idLength) = Self.id(rest), let (size, sizeLength) = Self.size(rest.dropFirst(idLength)),
        let size, let length = Int(exactly: size), length <= rest.count - idLength - sizeLength
      else { break }
      let start = rest.startIndex + idLength + sizeLength
      result.append(Element(id: id, body: rest[start..<start + length]))
      rest = rest[(start + length)...]
    }
    return result
  }

  func number(_ elements: [Element], _ id: UInt64) -> Int? {
    guard let body = elements.first(where: { $0.id == id })?.body, body.count <= 4 else { return nil }
    return Int(Probing.number(body))
  }

  mutating func crop(_ video: ArraySlice<UInt8>) -> ContainerCrop.Found? {
    let parts = children(video)
    guard let width = number(parts, 0xb0), let height = number(parts, 0xba) else { return nil }
    let (left, right) = (number(parts, 0x54cc) ?? 0, number(parts, 0x54dd) ?? 0)
    let (top, bottom) = (number(parts, 0x54bb) ?? 0, number(parts, 0x54aa) ?? 0)
    return ContainerCrop.crop(
      left: left, top: top, width: width - left - right, height: height - top - bottom,
      of: PictureSize(width, height),
      aspectIsOfCrop: number(parts, 0x54b0) != nil && number(parts, 0x54ba) != nil)
  }

  /// An element's name: as many bytes as its first says by leading zeros, which stay part of it.
  private static func id(_ bytes: ArraySlice<UInt8>) -> (UInt64, Int)? {
    guard let first = bytes.first, first >= 0x10 else { return nil }
    let length = first.leadingZeroBitCount + 1
    return bytes.count >= length ? (Probing.number(bytes.prefix(length)), length) : nil
  }

  /// A length; nil inside for one that is not known.
  private static func size(_ bytes: ArraySlice<UInt8>) -> (UInt64?, Int)? {
    guard let first = bytes.first, first > 0 else { return nil }
    let length = first.leadingZeroBitCount + 1
    guard bytes.count >= length else { return nil }
    let mask = UInt64.max >> UInt64(64 - 7 * length)
    let value = Probing.number(bytes.prefix(length)) & mask
    return (value == mask ? nil : value, length)
  }
}
