internal import CFFmpeg
internal import Media

/// The samples of 8-bit pictures, row by row without the padding between rows.
extension Frame {
  /// The first plane: brightness, or packed RGB with `bytesPerPixel` 3.
  package func samples(bytesPerPixel: Int = 1) -> [UInt8] {
    let (width, height) = (size.width * bytesPerPixel, size.height)
    let stride = Int(unsafe raw.pointee.linesize.0)
    guard let plane = unsafe raw.pointee.data.0, width > 0, height > 0, stride >= width else { return [] }
    var result: [UInt8] = []
    result.reserveCapacity(width * height)
    for row in 0..<height {
      unsafe result.append(contentsOf: UnsafeBufferPointer(start: plane + row * stride, count: width))
    }
    return result
  }

  /// Makes a 4:2:0 picture black in full range.
  package func fillBlack() { fill(luma: { _, _ in 0 }, chroma: { _, _ in 128 }) }

  /// Sets each sample of a 4:2:0 picture to what the functions say for its column and row.
  package func fill(luma: (Int, Int) -> UInt8, chroma: (Int, Int) -> UInt8) {
    for plane in 0..<3 {
      let (columns, rows) = planeSize(plane)
      guard let (start, stride) = unsafe writable(plane), stride >= columns else { continue }
      for row in 0..<rows {
        for column in 0..<columns {
          unsafe (start + row * stride)[column] = plane == 0 ? luma(column, row) : chroma(column, row)
        }
      }
    }
  }

  /// One sample of a 4:2:0 picture: plane 0 is luma, 1 and 2 chroma; nil outside it.
  package func sample(plane: Int, column: Int, row: Int) -> UInt8? {
    let (columns, rows) = planeSize(plane)
    guard (0..<columns).contains(column), (0..<rows).contains(row),
      let (start, stride) = unsafe writable(plane)
    else { return nil }
    return unsafe (start + row * stride)[column]
  }

  /// The mean of the squared differences of brightness to `other`, of the same size; nil where they cannot be compared.
  package func lumaError(to other: borrowing Frame) -> Double? {
    let (columns, rows) = planeSize(0)
    guard other.size == size, columns > 0, rows > 0, let (a, aStride) = unsafe writable(0),
      let (b, bStride) = unsafe other.writable(0)
    else { return nil }
    var sum = 0
    for row in 0..<rows {
      let (left, right) = unsafe (a + row * aStride, b + row * bStride)
      var line: Int32 = 0
      for column in 0..<columns {
        let difference = unsafe Int32(left[column]) &- Int32(right[column])
        line &+= difference &* difference
      }
      sum &+= Int(line)
    }
    return Double(sum) / Double(columns * rows)
  }

  private func planeSize(_ plane: Int) -> (columns: Int, rows: Int) {
    plane == 0 ? (size.width, size.height) : ((size.width + 1) / 2, (size.height + 1) / 2)
  }

  /// Copies `other`, of the same 4:2:0 format, into this picture at an even place. What would be outside is left out.
  package func paste(_ other: borrowing Frame, x: Int, y: Int) {
    guard other.format == format, x >= 0, y >= 0, x % 2 == 0, y % 2 == 0 else { return }
    let width = min(other.size.width, size.width - x)
    let height = min(other.size.height, size.height - y)
    guard width > 0, height > 0 else { return }
    for plane in 0..<3 {
      let shift = plane == 0 ? 0 : 1
      let (columns, rows) = plane == 0 ? (width, height) : ((width + 1) / 2, (height + 1) / 2)
      guard let (from, fromStride) = unsafe other.writable(plane),
        let (to, toStride) = unsafe writable(plane)
      else { continue }
      for row in 0..<rows {
        unsafe (to + ((y >> shift) + row) * toStride + (x >> shift)).update(
          from: from + row * fromStride, count: columns)
      }
    }
  }

  private func writable(_ plane: Int) -> (UnsafeMutablePointer<UInt8>, Int)? {
    let (pointer, stride) =
      switch plane {
      case 0: unsafe (raw.pointee.data.0, raw.pointee.linesize.0)
      case 1: unsafe (raw.pointee.data.1, raw.pointee.linesize.1)
      default: unsafe (raw.pointee.data.2, raw.pointee.linesize.2)
      }
    guard let pointer = unsafe pointer, stride > 0 else { return nil }
    return unsafe (pointer, Int(stride))
  }
}

extension PixelFormat {
  package static let rgb24 = PixelFormat(raw: AV_PIX_FMT_RGB24.rawValue)
}
