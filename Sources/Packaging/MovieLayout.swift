internal import Media

/// The head of a progressive MP4 file: sample tables and the order of their runs come in; `ftyp`, `moov` and the head
/// of the `mdat` go out (ISO/IEC 14496-12). No box holds a clock time.
struct MovieLayout {
  let tables: [SampleTable]
  /// Track and bytes of each run, in the order of the file.
  let runs: [(track: Int, bytes: Int64)]

  private var payload: Int64 { runs.reduce(0) { $0 + $1.bytes } }
  /// The movie's own clock is the first track's.
  private var timescale: UInt32 { tables.first?.timescale ?? 1000 }
  /// Offsets need 64 bits. The bound leaves room for the `moov`.
  private var isLarge: Bool { payload > Int64(UInt32.max) - (1 << 28) }

  var headBytes: Int { fileType.count + movie(base: 0).count + mediaHead.count }

  func head() throws -> [UInt8] {
    let fileType = fileType
    let mediaHead = mediaHead
    // The size does not depend on the offsets.
    let size = movie(base: 0).count
    guard size < 1 << 28 else { throw PackagingFailure.fragmentTooLarge(rendition: tables.first?.name ?? "") }
    return fileType + movie(base: Int64(fileType.count + size + mediaHead.count)) + mediaHead
  }

  /// `iso4` for signed composition offsets.
  private var fileType: [UInt8] {
    var writer = BoxWriter()
    writer.box("ftyp") { box in
      box.append(name: "mp42")
      box.append(UInt32(0))
      for brand in ["mp42", "isom", "iso4"] as [StaticString] { box.append(name: brand) }
    }
    return writer.bytes
  }

  private var mediaHead: [UInt8] {
    var writer = BoxWriter()
    if let size = UInt32(exactly: payload + 8) {
      writer.append(size)
      writer.append(name: "mdat")
    } else {
      writer.append(UInt32(1))
      writer.append(name: "mdat")
      writer.append(UInt64(payload + 16))
    }
    return writer.bytes
  }

  private func movie(base: Int64) -> [UInt8] {
    var starts = tables.map { _ in [Int64]() }
    var position = base
    for run in runs {
      starts[run.track].append(position)
      position += run.bytes
    }
    var writer = BoxWriter()
    writer.box("moov") { moov in
      let duration = tables.map(presented).max() ?? 0
      moov.timed("mvhd", flags: 0, [duration]) { box, time in
        time(&box, 0)
        time(&box, 0)
        box.append(timescale)
        time(&box, duration)
        box.append(UInt32(0x0001_0000))
        box.append(UInt16(0x0100))
        box.zeros(10)
        box.matrix()
        box.zeros(24)
        box.append(UInt32(tables.count + 1))
      }
      for (index, table) in tables.enumerated() {
        moov.box("trak") { track(table, number: index + 1, starts[index], into: &$0) }
      }
    }
    return writer.bytes
  }

  /// How long a track is presented, with the wait before it, on the movie's clock.
  private func presented(_ table: SampleTable) -> Int64 { movieTime(table.delay + shown(table), table) }

  private func shown(_ table: SampleTable) -> Int64 { max(0, table.length - table.skipped) }

  private func movieTime(_ units: Int64, _ table: SampleTable) -> Int64 {
    rescale(units, from: Rational(1, Int64(table.timescale)), to: Rational(1, Int64(timescale)))
  }

  private func track(_ table: SampleTable, number: Int, _ starts: [Int64], into trak: inout BoxWriter) {
    let isVideo = table.format.codec.isVideo
    let duration = presented(table)
    // Enabled and in the movie; of several sounds the usual one only.
    trak.timed("tkhd", flags: table.isDefault ? 3 : 2, [duration]) { box, time in
      time(&box, 0)
      time(&box, 0)
      box.append(UInt32(number))
      box.append(UInt32(0))
      time(&box, duration)
      box.zeros(10)
      box.append(UInt16(isVideo ? 0 : 1))
      box.append(UInt16(isVideo ? 0 : 0x0100))
      box.zeros(2)
      box.matrix()
      let size = MovieLayout.displayed(table.format.video)
      box.append(UInt32(truncatingIfNeeded: size.width << 16))
      box.append(UInt32(truncatingIfNeeded: size.height << 16))
    }
    edits(table, into: &trak)
    trak.box("mdia") { mdia in
      mdia.timed("mdhd", flags: 0, [table.length]) { box, time in
        time(&box, 0)
        time(&box, 0)
        box.append(table.timescale)
        time(&box, table.length)
        box.append(MovieLayout.packed(table.language))
        box.append(UInt16(0))
      }
      mdia.fullBox("hdlr", version: 0, flags: 0) { box in
        box.append(UInt32(0))
        box.append(name: isVideo ? "vide" : "soun")
        box.zeros(12)
        box.append(name: isVideo ? "Video" : "Sound")
        box.append(UInt8(0))
      }
      mdia.box("minf") { minf in
        if isVideo {
          minf.fullBox("vmhd", version: 0, flags: 1) { $0.zeros(8) }
        } else {
          minf.fullBox("smhd", version: 0, flags: 0) { $0.zeros(4) }
        }
        minf.box("dinf") { dinf in
          dinf.fullBox("dref", version: 0, flags: 0) { dref in
            dref.append(UInt32(1))
            dref.fullBox("url ", version: 0, flags: 1) { _ in }
          }
        }
        minf.box("stbl") { samples(table, starts, into: &$0) }
      }
    }
  }

  /// One edit where sound has priming to skip; one more where a track begins late.
  private func edits(_ table: SampleTable, into trak: inout BoxWriter) {
    guard table.skipped > 0 || table.delay > 0 else { return }
    let wait = movieTime(table.delay, table)
    let length = movieTime(shown(table), table)
    let isWide = [wait, length, table.skipped].contains { $0 > Int64(Int32.max) }
    trak.box("edts") { edts in
      edts.fullBox("elst", version: isWide ? 1 : 0, flags: 0) { list in
        var entries = [(length, table.skipped)]
        if wait > 0 { entries.insert((wait, -1), at: 0) }
        list.append(UInt32(entries.count))
        for (duration, start) in entries {
          if isWide {
            list.append(duration)
            list.append(start)
          } else {
            list.append(Int32(truncatingIfNeeded: duration))
            list.append(Int32(truncatingIfNeeded: start))
          }
          list.append(UInt32(0x0001_0000))
        }
      }
    }
  }

  private func samples(_ table: SampleTable, _ starts: [Int64], into stbl: inout BoxWriter) {
    stbl.append(contentsOf: table.description)
    stbl.fullBox("stts", version: 0, flags: 0) { box in
      box.append(UInt32(table.durations.count))
      for run in table.durations {
        box.append(run.count)
        box.append(run.value)
      }
    }
    if table.offsets.contains(where: { $0.value != 0 }) {
      stbl.fullBox("ctts", version: 1, flags: 0) { box in
        box.append(UInt32(table.offsets.count))
        for run in table.offsets {
          box.append(run.count)
          box.append(run.value)
        }
      }
    }
    // Without the box every sample is a sync sample.
    if table.syncs.count != table.sizes.count {
      stbl.fullBox("stss", version: 0, flags: 0) { box in
        box.append(UInt32(table.syncs.count))
        for sync in table.syncs { box.append(sync) }
      }
    }
    stbl.fullBox("stsc", version: 0, flags: 0) { box in
      var entries: [(first: Int, samples: Int)] = []
      for (index, run) in table.runs.enumerated() where entries.last?.samples != run.samples {
        entries.append((index + 1, run.samples))
      }
      box.append(UInt32(entries.count))
      for entry in entries {
        box.append(UInt32(entry.first))
        box.append(UInt32(entry.samples))
        box.append(UInt32(1))
      }
    }
    stbl.fullBox("stsz", version: 0, flags: 0) { box in
      let isEqual = table.sizes.allSatisfy { $0 == table.sizes.first }
      box.append(isEqual ? table.sizes.first ?? 0 : 0)
      box.append(UInt32(table.sizes.count))
      if !isEqual { for size in table.sizes { box.append(size) } }
    }
    stbl.fullBox(isLarge ? "co64" : "stco", version: 0, flags: 0) { box in
      box.append(UInt32(starts.count))
      for start in starts {
        if isLarge { box.append(start) } else { box.append(UInt32(truncatingIfNeeded: start)) }
      }
    }
  }

  /// Square pixels: the width is stretched by the sample aspect ratio.
  private static func displayed(_ video: VideoFormat?) -> PictureSize {
    guard let video else { return PictureSize(0, 0) }
    let shape = video.sampleAspectRatio
    guard shape.isPositive else { return video.size }
    let width = rescale(Int64(video.size.width), from: shape, to: Rational(1, 1))
    return PictureSize(Int(clamping: width), video.size.height)
  }

  /// Three letters of five bits.
  private static func packed(_ language: String?) -> UInt16 {
    (language ?? "und").utf8.prefix(3).reduce(0) { $0 << 5 | (UInt16($1) &- 0x60) & 0x1f }
  }
}

extension BoxWriter {
  fileprivate mutating func zeros(_ count: Int) { for _ in 0..<count { append(UInt8(0)) } }

  /// No rotation, no scaling.
  fileprivate mutating func matrix() {
    for value in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000] as [UInt32] { append(value) }
  }

  /// A box whose times have 32 bits where all of `times` fit, else 64.
  fileprivate mutating func timed(
    _ name: StaticString, flags: UInt32, _ times: [Int64],
    _ body: (inout BoxWriter, (inout BoxWriter, Int64) -> Void) -> Void
  ) {
    let isWide = times.contains { $0 > Int64(UInt32.max) }
    fullBox(name, version: isWide ? 1 : 0, flags: flags) { box in
      body(&box) { box, time in
        if isWide { box.append(time) } else { box.append(UInt32(truncatingIfNeeded: time)) }
      }
    }
  }
}
