/// One sample as a track run describes it, in units of the track's timescale.
struct RunSample: Equatable {
  var duration: UInt32
  var size: UInt32
  /// Presentation minus decode time; negative where the first picture is presented at its decode time and others
  /// are reordered.
  var compositionOffset: Int32
  var isSync: Bool
}

/// The samples of one track in one fragment.
struct TrackRun: Equatable {
  var track: UInt32
  var baseDecodeTime: UInt64
  var samples: [RunSample]
}

/// Writes the head of a CMAF fragment: `moof` with its `mfhd` and one `traf` (`tfhd`, `tfdt`, one `trun`) for each
/// run, then the head of the `mdat` into which the payloads follow in order. Runs come in, bytes go out.
///
/// Addresses are relative to the `moof` (`default-base-is-moof`), decode times have 64 bits, composition offsets are
/// signed (trun version 1), and what is equal for all samples stands once, in `tfhd`.
enum FragmentWriter {
  /// sample_depends_on = 2: it does not depend on others (ISO/IEC 14496-12 8.8.3.1).
  static let syncFlags: UInt32 = 0x0200_0000
  /// sample_depends_on = 1, sample_is_non_sync_sample.
  static let nonSyncFlags: UInt32 = 0x0101_0000

  /// nil when the payloads do not fit an `mdat` of 32-bit size.
  static func head(sequence: UInt32, runs: [TrackRun]) -> [UInt8]? {
    var moof = BoxWriter()
    var offsets: [(position: Int, payload: UInt64)] = []
    var payload: UInt64 = 0
    moof.box("moof") { moof in
      moof.fullBox("mfhd", version: 0, flags: 0) { $0.append(sequence) }
      for run in runs {
        moof.box("traf") { traf in
          let shared = Shared(run)
          shared.writeHeader(run, into: &traf)
          traf.fullBox("tfdt", version: 1, flags: 0) { $0.append(run.baseDecodeTime) }
          offsets.append((shared.writeRun(run, into: &traf), payload))
        }
        payload += run.samples.reduce(0) { $0 + UInt64($1.size) }
      }
    }
    guard let size = UInt32(exactly: payload + 8) else { return nil }
    for (position, before) in offsets {
      guard let offset = Int32(exactly: UInt64(moof.bytes.count) + 8 + before) else { return nil }
      moof.replace(at: position, with: UInt32(offset))
    }
    moof.append(size)
    moof.append(name: "mdat")
    return moof.bytes
  }

  /// Which values all samples of a run have in common.
  private struct Shared {
    let duration: UInt32?
    let size: UInt32?
    let flags: UInt32?
    /// The flags of all samples but the first, when only that one differs: a GOP.
    let laterFlags: UInt32?
    let hasOffsets: Bool

    init(_ run: TrackRun) {
      let samples = run.samples
      let first = samples.first
      duration = samples.allSatisfy { $0.duration == first?.duration } ? first?.duration : nil
      size = samples.allSatisfy { $0.size == first?.size } ? first?.size : nil
      let later = samples.dropFirst()
      let agree = later.allSatisfy { $0.isSync == later.first?.isSync }
      laterFlags = agree ? later.first.map { FragmentWriter.flags($0) } : nil
      flags = samples.allSatisfy { $0.isSync == first?.isSync } ? first.map { FragmentWriter.flags($0) } : nil
      hasOffsets = samples.contains { $0.compositionOffset != 0 }
    }

    func writeHeader(_ run: TrackRun, into traf: inout BoxWriter) {
      let defaultFlags = flags ?? laterFlags
      var present: UInt32 = 0x02_0000
      if duration != nil { present |= 0x08 }
      if size != nil { present |= 0x10 }
      if defaultFlags != nil { present |= 0x20 }
      traf.fullBox("tfhd", version: 0, flags: present) { tfhd in
        tfhd.append(run.track)
        if let duration { tfhd.append(duration) }
        if let size { tfhd.append(size) }
        if let defaultFlags { tfhd.append(defaultFlags) }
      }
    }

    /// Returns where the data offset stands.
    func writeRun(_ run: TrackRun, into traf: inout BoxWriter) -> Int {
      let firstFlags = flags == nil && laterFlags != nil ? run.samples.first.map(FragmentWriter.flags) : nil
      let flagsEach = flags == nil && laterFlags == nil
      var present: UInt32 = 0x01
      if firstFlags != nil { present |= 0x04 }
      if duration == nil { present |= 0x100 }
      if size == nil { present |= 0x200 }
      if flagsEach { present |= 0x400 }
      if hasOffsets { present |= 0x800 }
      var position = 0
      traf.fullBox("trun", version: 1, flags: present) { trun in
        trun.append(UInt32(truncatingIfNeeded: run.samples.count))
        position = trun.bytes.count
        trun.append(UInt32(0))
        if let firstFlags { trun.append(firstFlags) }
        for sample in run.samples {
          if duration == nil { trun.append(sample.duration) }
          if size == nil { trun.append(sample.size) }
          if flagsEach { trun.append(FragmentWriter.flags(sample)) }
          if hasOffsets { trun.append(UInt32(bitPattern: sample.compositionOffset)) }
        }
      }
      return position
    }
  }

  private static func flags(_ sample: RunSample) -> UInt32 { sample.isSync ? syncFlags : nonSyncFlags }
}

/// Bytes of nested boxes, big-endian, with the sizes filled in when a box ends.
struct BoxWriter {
  private(set) var bytes: [UInt8] = []

  mutating func box(_ name: StaticString, _ body: (inout BoxWriter) -> Void) {
    let start = bytes.count
    append(UInt32(0))
    append(name: name)
    body(&self)
    replace(at: start, with: UInt32(truncatingIfNeeded: bytes.count - start))
  }

  mutating func fullBox(
    _ name: StaticString, version: UInt8, flags: UInt32, _ body: (inout BoxWriter) -> Void
  ) {
    box(name) { box in
      box.append(UInt32(version) << 24 | flags)
      body(&box)
    }
  }

  mutating func append(name: StaticString) { bytes += Array(name.description.utf8) }

  mutating func append(_ value: some FixedWidthInteger) {
    for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func append(contentsOf other: [UInt8]) { bytes += other }

  mutating func replace(at position: Int, with value: UInt32) {
    for index in 0..<4 {
      bytes[position + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * index))
    }
  }
}
