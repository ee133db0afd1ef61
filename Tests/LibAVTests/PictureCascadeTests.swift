internal import LibAV
internal import Media
internal import Testing

@Suite("Picture cascade") struct PictureCascadeTests {
  private let video = Colour(primaries: 1, transfer: 1, matrix: 1)

  /// A picture whose luma grows by one every `step` columns.
  private func ramp(_ size: PictureSize, step: Int) throws -> Frame {
    let frame = try Frame.picture(size, format: .yuv420p)
    frame.fill(luma: { column, _ in UInt8(clamping: 16 + column / step) }, chroma: { _, _ in 128 })
    return frame
  }

  @Test("each size comes once, from the largest on, and is the picture made smaller")
  func sizes() throws {
    let sizes = [PictureSize(320, 180), PictureSize(160, 90), PictureSize(86, 48)]
    var cascade = PictureCascade(sizes: sizes, sourceColour: video, colour: video)
    let source = try ramp(PictureSize(640, 360), step: 4)
    var seen: [Int] = []
    try cascade.scale(source, count: 3) { index, picture in
      seen.append(index)
      #expect(picture.size == sizes[index] && picture.format == PixelFormat.yuv420p.number)
      let middle = Int(
        picture.sample(plane: 0, column: sizes[index].width / 2, row: sizes[index].height / 2) ?? 0)
      #expect(abs(middle - (16 + 80)) <= 1)
    }
    #expect(seen == [0, 1, 2])
  }

  @Test("a picture that has the largest size goes on as it is")
  func same() throws {
    var cascade = PictureCascade(sizes: [PictureSize(64, 64)], sourceColour: video, colour: video)
    let source = try ramp(PictureSize(64, 64), step: 1)
    source.presentation = 7
    try cascade.scale(source, count: 1) { _, picture in
      #expect((0..<64).allSatisfy { picture.sample(plane: 0, column: $0, row: 9) == UInt8(16 + $0) })
      #expect(picture.presentation == 7)
    }
  }

  @Test("odd sizes, other formats and other colours come out as well")
  func others() throws {
    for (format, size) in [
      (PixelFormat.yuv420p, PictureSize(321, 181)), (.yuv420p10, PictureSize(320, 180)),
      (.yuvj420p, PictureSize(320, 180)),
    ] {
      let wide = format == .yuvj420p
      var colour = video
      colour.fullRange = wide
      let frame = try Frame.picture(size, format: format)
      frame.fill(luma: { _, _ in wide ? 0 : 16 }, chroma: { _, _ in 128 })
      var cascade = PictureCascade(
        sizes: [PictureSize(160, 90), PictureSize(80, 46)], sourceColour: colour, colour: video)
      try cascade.scale(frame, count: 2) { index, picture in
        #expect(picture.size == (index == 0 ? PictureSize(160, 90) : PictureSize(80, 46)))
        // What fills a row of 10-bit samples byte by byte is not black.
        if format != .yuv420p10 { #expect(picture.sample(plane: 0, column: 20, row: 20) == 16) }
      }
    }
  }

  @Test("ten bits stay ten bits, within two steps of 1023")
  func tenBits() throws {
    let frame = try Frame.picture(PictureSize(320, 180), format: .yuv420p10)
    // Bytes in pairs: samples of 0x0101 times what fills them, 257, 514 and 771 of 1023.
    frame.fill(luma: { column, _ in UInt8(1 + column / 107) }, chroma: { _, _ in 2 })
    let colour = Colour(primaries: 9, transfer: 16, matrix: 9)
    var cascade = PictureCascade(
      sizes: [PictureSize(320, 180), PictureSize(160, 90), PictureSize(80, 46)], sourceColour: colour,
      colour: colour, format: .yuv420p10)
    try cascade.scale(frame, count: 3) { _, picture in
      #expect(picture.format == PixelFormat.yuv420p10.number)
      let bytes = picture.samples(bytesPerPixel: 2)
      let first = Int(bytes[0]) | Int(bytes[1]) << 8
      // `fill` reaches the first half of a row of two-byte samples.
      #expect(abs(first - 257) <= 2, "\(first)")
    }
  }

  @Test("chroma keeps its place beside luma: a step from one colour to another stays where it is")
  func siting() throws {
    // Chroma samples lie on even luma columns: the step between the 79th and the 80th one is at column 159.
    let frame = try Frame.picture(PictureSize(320, 64), format: .yuv420p)
    frame.fill(luma: { _, _ in 100 }, chroma: { column, _ in column < 80 ? 60 : 200 })
    var cascade = PictureCascade(sizes: [PictureSize(160, 32)], sourceColour: video, colour: video)
    try cascade.scale(frame, count: 1) { _, picture in
      let row = (0..<80).map { Int(picture.sample(plane: 1, column: $0, row: 8) ?? 0) }
      // The centre of the step, in samples: where the mean of both colours is crossed.
      let crossing = row.firstIndex { $0 >= 130 } ?? 0
      let (before, after) = (Double(row[crossing - 1]), Double(row[crossing]))
      let place = Double(crossing - 1) + (130 - before) / (after - before)
      // 159 luma columns of 320 are 79.25 of 160 (columns are half a column off their edges), chroma sample 39.625.
      #expect(abs(place - 39.625) < 0.1)
    }
  }
}
