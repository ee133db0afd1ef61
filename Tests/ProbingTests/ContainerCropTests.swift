internal import Foundation
internal import Probing
internal import TestKit
internal import Testing

/// Files of nothing but headers, made here byte by byte.
@Suite struct ContainerCropTests {
  private func box(_ name: String, _ body: [UInt8]) -> [UInt8] {
    words([body.count + 8]) + Array(name.utf8) + body
  }

  private func words(_ values: [Int]) -> [UInt8] {
    values.flatMap { value in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: Int32(truncatingIfNeeded: value) >> $0) }
    }
  }

  /// A movie with one track of 1920x1088, number 7.
  private func movie(_ aperture: [Int]) -> [UInt8] {
    let entry =
      [UInt8](repeating: 0, count: 24) + words([1920 << 16 | 1088]) + [UInt8](repeating: 0, count: 50)
      + box("clap", words(aperture))
    let table = box("stsd", words([0, 1]) + box("avc1", entry))
    let media = box("mdia", box("minf", box("stbl", table)))
    let header = box("tkhd", words([0, 0, 0, 7]) + [UInt8](repeating: 0, count: 72))
    return box("ftyp", words([0, 0])) + box("moov", box("trak", header + media))
  }

  private func element(_ id: [UInt8], _ body: [UInt8]) -> [UInt8] {
    id + [0x40 | UInt8(body.count >> 8), UInt8(body.count & 0xff)] + body
  }

  private func matroska(_ more: [UInt8]) -> [UInt8] {
    let video = element([0xb0], [0x07, 0x80]) + element([0xba], [0x04, 0x40]) + more
    let track = element([0x83], [1]) + element([0xe0], video)
    let sound = element([0xae], element([0x83], [2]))
    return element([0x1a, 0x45, 0xdf, 0xa3], []) + [0x18, 0x53, 0x80, 0x67, 0xff]
      + element([0x16, 0x54, 0xae, 0x6b], sound + element([0xae], track))
  }

  private func opened<Result>(_ bytes: [UInt8], _ body: (Int32) throws -> Result) throws -> Result {
    let folder = try TemporaryFolder()
    let handle = try #require(FileHandle(forReadingAtPath: try folder.write(bytes, "file")))
    defer { try? handle.close() }
    return try body(handle.fileDescriptor)
  }

  private let whole = ContainerCrop.Found(left: 0, top: 0, width: 1920, height: 1080, aspectIsOfCrop: false)

  @Test func aCleanApertureIsFound() throws {
    #expect(try opened(movie([1920, 1, 1080, 1, 0, 1, -4, 1]), ContainerCrop.ofMovie) == [7: whole])
    let middle = try opened(movie([2000, 2, 900, 1, 20, 1, 0, 1]), ContainerCrop.ofMovie)
    #expect(
      middle == [7: ContainerCrop.Found(left: 480, top: 94, width: 1000, height: 900, aspectIsOfCrop: false)])
  }

  @Test(arguments: [
    [1920, 1, 1088, 1, 0, 1, 0, 1], [1920, 0, 1080, 1, 0, 1, 0, 1], [1921, 1, 1080, 1, 0, 1, 0, 1],
    [-5, 1, 1080, 1, 0, 1, 0, 1], [1920, 1, 1080, 1, 0, 1, 4000, 1], [0, 1, 0, 1, 0, 1, 0, 1],
    [Int(Int32.max), 1, 1080, 1, 0, 0, 0, 0],
  ]) func anApertureThatFitsNothingIsNone(_ values: [Int]) throws {
    #expect(try opened(movie(values), ContainerCrop.ofMovie).isEmpty)
  }

  @Test func matroskaCutsEdgesOff() throws {
    let crop = element([0x54, 0xaa], [8])
    #expect(try opened(matroska(crop), ContainerCrop.ofMatroska) == [whole])
    let sides =
      crop + element([0x54, 0xcc], [16]) + element([0x54, 0xb0], [100]) + element([0x54, 0xba], [50])
    #expect(
      try opened(matroska(sides), ContainerCrop.ofMatroska)
        == [ContainerCrop.Found(left: 16, top: 0, width: 1904, height: 1080, aspectIsOfCrop: true)])
    #expect(try opened(matroska([]), ContainerCrop.ofMatroska) == [nil])
    #expect(try opened(matroska(element([0x54, 0xaa], [0xff, 0xff])), ContainerCrop.ofMatroska) == [nil])
  }

  @Test func whatIsCutOffOrDamagedEndsTheSearch() throws {
    var random = SeededRandom(seed: 5)
    for bytes in [movie([1920, 1, 1080, 1, 0, 1, -4, 1]), matroska(element([0x54, 0xaa], [8]))] {
      for count in stride(from: 0, to: bytes.count, by: 3) {
        let found = try opened(Array(bytes[..<count])) {
          (ContainerCrop.ofMovie(descriptor: $0), ContainerCrop.ofMatroska(descriptor: $0))
        }
        #expect(found.0.isEmpty && found.1.allSatisfy { $0 == nil })
      }
      for _ in 0..<200 {
        var damaged = bytes
        for _ in 0..<3 {
          damaged[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        let found = try opened(damaged) {
          (ContainerCrop.ofMovie(descriptor: $0), ContainerCrop.ofMatroska(descriptor: $0))
        }
        #expect(found.0.values.allSatisfy { $0.width > 0 && $0.height > 0 } && found.1.count <= 2)
      }
    }
  }
}
