internal import TestKit
internal import Verifying

extension Mutation {
  static let boxes: [Mutation] = [
    Mutation(.boxMalformed, "a box longer than the file") {
      $0.patch(first, "moof", at: -4, be(0x7FFF_FFFF, 4))
    },
    Mutation(.boxMalformed, "cut short") { $0.files[first]?.removeLast(7) },
    Mutation(.boxMalformed, "an init segment without moov") { $0.remove(initial, box: "moov") },
    Mutation(.initBrand, "no CMAF") {
      $0.patch(initial, "ftyp", at: 4, Array("isom".utf8))
      $0.patch(initial, "ftyp", at: 16, Array("isom".utf8))
    },
    Mutation(.initStructure, "no mvex") { $0.remove(initial, box: "mvex") },
    Mutation(.initStructure, "no trex") { $0.remove(initial, box: "trex") },
    Mutation(.initStructure, "a stranger") { $0.files[initial]?.append(contentsOf: box("mdat", [1])) },
    Mutation(.initTracks, "two") {
      $0.files[initial] = FragmentBuilder.head(
        brand: "cmfc",
        tracks: [
          FragmentBuilder.track(1, "soun", 48000, FragmentBuilder.audioEntry, edit: nil),
          FragmentBuilder.track(2, "soun", 48000, FragmentBuilder.audioEntry, edit: nil),
        ])
    },
    Mutation(.initSamples, "in moov") { $0.patch(initial, "stco", at: 8, be(1, 4)) },
    Mutation(.initDuration, "of the movie") { $0.patch(initial, "mvhd", at: 20, be(6000, 4)) },
    Mutation(.initConfig, "another size in the sample entry") {
      $0.patch(initial, "avc1", at: 28, be(80, 2))
    },
    Mutation(.initConfig, "another rate in the sample entry") {
      $0.patch(soundInit, "mp4a", at: 28, be(44100, 2))
    },
    Mutation(.initConfig, "avc3") { $0.patch(initial, "avc1", at: 0, Array("avc3".utf8)) },
    Mutation(.initConfig, "a coding nobody knows") { $0.patch(initial, "avc1", at: 0, Array("mjpg".utf8)) },
    Mutation(.initColour, "no colr") { $0.remove(initial, box: "colr") },
    Mutation(.initColour, "no pasp") { $0.remove(initial, box: "pasp") },
    Mutation(.pixelAspect, "wide pixels") { $0.patch(initial, "pasp", at: 4, be(4, 4)) },
    Mutation(.editList, "half a second of priming") { $0.patch(soundInit, "elst", at: 16, be(24000, 4)) },
    Mutation(.editList, "an empty edit") { $0.patch(soundInit, "elst", at: 16, be(-1, 4)) },
    Mutation(.editList, "in video") {
      $0.files[initial] = FragmentBuilder.withVideoEdit()
    },
    Mutation(.segmentStructure, "a stranger") { $0.files[first]?.append(contentsOf: box("moov", [])) },
    Mutation(.segmentStructure, "no mdat") { $0.remove(first, box: "mdat") },
    Mutation(.segmentBrand, "no segment brand") {
      $0.patch(first, "styp", at: 4, Array("avc1".utf8))
      $0.patch(first, "styp", at: 12, Array("avc1avc1".utf8))
    },
    Mutation(.sidxWrong, "of another length") {
      $0.insert(first, at: FragmentBuilder.segmentType.count, FileTree.index(of: $0, first, duration: 30))
    },
    Mutation(.sidxWrong, "that ends early") {
      let index = FileTree.index(of: $0, first)
      $0.insert(first, at: FragmentBuilder.segmentType.count, index)
      $0.append(first, box("free", zeros(8)))
    },
    Mutation(.interlaced, "a sequence coded for fields") { $0.files[initial] = FragmentBuilder.fields() },
    Mutation(.fragmentShape, "no trun") { $0.remove(first, box: "trun") },
    Mutation(.fragmentGOP, "two GOPs in a moof") {
      $0.files[first] = FragmentBuilder.fragment(
        1, [(1, 0, FragmentBuilder.gop(size: 60) + FragmentBuilder.gop(size: 60))])
    },
    Mutation(.fragmentGOP, "half a GOP in a moof") {
      let gop = FragmentBuilder.gop(size: 60)
      $0.files[first] =
        FragmentBuilder.fragment(1, [(1, 0, FragmentBuilder.gop(size: 60))])
        + FragmentBuilder.fragment(2, [(1, 10, Array(gop.dropFirst()))])
    },
    Mutation(.fragmentBase, "from the start of the file") { $0.patch(first, "tfhd", at: 4, be(0, 4)) },
    Mutation(.sequenceOrder, "counts from 1 again") { $0.patch(next, "mfhd", at: 8, be(1, 4)) },
    Mutation(.tfdtMissing, "none") { $0.remove(first, box: "tfdt") },
    Mutation(.tfdtGap, "a tick late") { $0.patch(next, "tfdt", at: 8, be(21, 8)) },
    Mutation(.tfdtGap, "beyond 62 bits") { $0.patch(next, "tfdt", at: 8, be(Int.max, 8)) },
    Mutation(.dataOutside, "before the mdat") { $0.patch(first, "trun", at: 12, be(0, 4)) },
    Mutation(.dataOutside, "after it") { $0.patch(first, "trun", at: 20, be(1 << 20, 4)) },
    Mutation(.mdatSize, "a byte less") { tree in
      let size = 4 + 1 + 60
      tree.patch(first, "trun", at: 16 + 9 * 16 + 4, be(size - 1, 4))
    },
    Mutation(.sampleDuration, "0") { $0.patch(first, "trun", at: 16, be(0, 4)) },
    Mutation(.gopOpen, "a picture before the IDR") { $0.patch(first, "trun", at: 16 + 16 + 12, be(-2, 4)) },
    Mutation(.ctsRange, "two at one time") { $0.patch(first, "trun", at: 16 + 16 + 12, be(1, 4)) },
    Mutation(.segmentNotSync, "flags") { $0.patch(first, "trun", at: 24, be(0x101_0000, 4)) },
  ]

  static let bitstreams: [Mutation] = [
    Mutation(.segmentNotIDR, "sync, but no IDR") { $0.patch(first, "mdat", at: 8, [0x41]) },
    Mutation(.segmentNotIDR, "in a transport stream", .transport) {
      $0.replaceBytes(stream, [0x65, 0x88], [0x41, 0x88])
    },
    Mutation(.gopLong, "three seconds") { tree in
      for path in [high, low] {
        for number in 0..<3 {
          var samples =
            FragmentBuilder.gop(size: 20) + FragmentBuilder.gop(size: 20) + FragmentBuilder.gop(size: 20)
          for index in [10, 20] { samples[index].isSync = false }
          tree.files[path + "seg-0a1b2c3d-0000\(number + 1).m4s"] = FragmentBuilder.fragment(
            number + 1, [(1, number * 30, samples)])
        }
      }
    },
    Mutation(.nalFraming, "a length too long") { $0.patch(first, "mdat", at: 4, be(0x7FFF_FFFF, 4)) },
    Mutation(.nalFraming, "no picture") { $0.patch(first, "mdat", at: 8, [0x06]) },
    Mutation(.nalFraming, "deep in a segment", deep: true) { $0.patch(first, "mdat", at: 4 + 185, be(3, 4)) },
    Mutation(.nalFraming, "no picture in a transport stream", .transport) {
      $0.replaceBytes(stream, [0x65, 0x88], [0x06, 0x88])
    },
    Mutation(.syncFlag, "an IDR not flagged", deep: true) {
      $0.patch(first, "mdat", at: 4 + 185 + 4, [0x65])
    },
    Mutation(.parameterSets, "another SPS in the stream") {
      $0.patch(first, "mdat", at: 4, withSet([0x67, 1, 2]))
    },
    Mutation(.parameterSets, "the same PPS in the stream") {
      $0.patch(first, "mdat", at: 4, withSet(pictureParameterSet))
    },
    Mutation(.parameterSets, "none in a transport stream", .transport) {
      $0.replaceBytes(stream, [0, 0, 1, 0x67], [0, 0, 1, 0x6C])
      $0.replaceBytes(stream, [0, 0, 1, 0x68], [0, 0, 1, 0x6C])
    },
    Mutation(.parameterSets, "another level later on", .transport) {
      $0.replaceBytes(streamNext, [0x67, 0x42, 0xC0, 10], [0x67, 0x42, 0xC0, 11])
    },
    Mutation(.audioFrame, "ADTS in MP4") { $0.patch(soundFirst, "mdat", at: 4, [0xFF, 0xF1]) },
    Mutation(.audioFrame, "deep in a segment", deep: true) {
      $0.patch(soundFirst, "mdat", at: 4 + 20, [0xFF])
    },
    Mutation(.audioFrame, "broken ADTS", .transport) {
      $0.replaceBytes(stream, [0xFF, 0xF1, 0x4C], [0xFF, 0xE1, 0x4C])
    },
  ]

  /// The head of the first sample with a parameter set before its picture; the sample keeps its length.
  private static func withSet(_ set: [UInt8]) -> [UInt8] {
    let rest = 185 - 4 - set.count - 4
    return be(set.count, 4) + set + be(rest, 4) + [0x65]
  }

  static let transports: [Mutation] = [
    Mutation(.tsSync, "half a packet", .transport) { $0.files[stream]?.append(contentsOf: zeros(94)) },
    Mutation(.tsSync, "a sync byte lost", .transport) { $0.overwrite(stream, at: 188 * 5, [0]) },
    Mutation(.tsSync, "damaged", .transport) { $0.overwrite(stream, at: 188 * 5 + 1, [0x81]) },
    Mutation(.tsTablesFirst, "the service table first", .transport) { tree in
      var builder = TransportBuilder()
      let table = builder.table(17, 0x42, [0])
      tree.files[stream]?.insert(contentsOf: table, at: 0)
    },
    Mutation(.tsTables, "a wrong checksum", .transport) { $0.overwrite(stream, at: 4 + 9, [0x77]) },
    Mutation(.tsTablesFirst, "a null packet between them", .transport) {
      $0.files[stream]?.insert(contentsOf: [0x47, 0x1F, 0xFF, 0x10] + zeros(184), at: 188)
    },
    Mutation(.tsTables, "no PAT in a segment", .transport) { tree in
      let bytes = tree.files[streamNext] ?? []
      for packet in stride(from: 0, to: bytes.count, by: 188)
      where bytes[packet + 1] & 0x1F == 0 && bytes[packet + 2] == 0 {
        // The PID of null packets.
        tree.overwrite(streamNext, at: packet + 1, [0x1F, 0xFF])
      }
    },
    Mutation(.tsStream, "MPEG-2 video", .transport) { tree in
      var builder = TransportBuilder()
      builder.extra = [0x02] + be(0xE102, 2) + be(0xF000, 2)
      for number in 0..<3 {
        tree.files[high + "seg-0a1b2c3d-0000\(number + 1).ts"] = builder.segment(
          time: 900_000 + number * 180_000, size: 300, sound: 900_000 + number * 94 * 1920, frames: 94)
      }
    },
    Mutation(.gopOpen, "in a transport stream", .transport) { tree in
      var builder = TransportBuilder()
      builder.leading = true
      for number in 0..<3 {
        tree.files[high + "seg-0a1b2c3d-0000\(number + 1).ts"] = builder.segment(
          time: 900_000 + number * 180_000, size: 300, sound: 900_000 + number * 94 * 1920, frames: 94)
      }
    },
    Mutation(.tsContinuity, "within a segment", .transport) {
      $0.files[stream]?.removeSubrange(188 * 3..<188 * 4)
    },
    Mutation(.tsContinuity, "from segment to segment", .transport) { tree in
      tree.files[streamNext] = tree.files[stream]
    },
    Mutation(.tsClock, "none", .transport) { tree in
      guard let bytes = tree.files[stream] else { return }
      for packet in stride(from: 0, to: bytes.count, by: 188)
      where bytes[packet + 3] & 0x20 != 0 && bytes[packet + 4] > 0 && bytes[packet + 5] & 0x10 != 0 {
        tree.overwrite(stream, at: packet + 5, [bytes[packet + 5] & 0xEF])
      }
    },
    Mutation(.tsRandomAccess, "not set", .transport) { $0.overwrite(stream, at: 188 * 2 + 5, [0x10]) },
    Mutation(.tsRandomAccess, "set on another picture", .transport, deep: true) { tree in
      guard let bytes = tree.files[stream] else { return }
      let other = stride(from: 188 * 3, to: bytes.count, by: 188).first {
        bytes[$0 + 3] & 0x20 != 0 && bytes[$0 + 4] > 0 && bytes[$0 + 5] == 0x10
      }
      if let other { tree.overwrite(stream, at: other + 5, [0x50]) }
    },
    Mutation(.tsTimestamps, "from segment to segment", .transport) { tree in
      var builder = TransportBuilder()
      _ = builder.segment(time: 900_000, size: 300, sound: 900_000, frames: 94)
      tree.files[streamNext] = builder.segment(time: 1_170_000, size: 300, sound: 1_080_480, frames: 94)
    },
    Mutation(.tsTimestamps, "sound with a hole", .transport) { tree in
      var builder = TransportBuilder()
      _ = builder.segment(time: 900_000, size: 300, sound: 900_000, frames: 94)
      tree.files[streamNext] = builder.segment(time: 1_080_000, size: 300, sound: 1_090_000, frames: 94)
    },
    Mutation(.tsPackets, "a segment begins in the middle", .transport) {
      $0.overwrite(stream, at: 188 * 2 + 1, [1])
    },
    Mutation(.tsPackets, "a wrong length", .transport) { tree in
      tree.replaceBytes(stream, [0, 0, 1, 0xC0], [0, 0, 1, 0xC0, 0, 9])
    },
  ]
}

extension FragmentBuilder {
  /// The larger video's init segment, its SPS with frame_mbs_only_flag 0 and half as many rows of field macroblocks.
  static func fields() -> [UInt8] {
    let frames = sequenceParameterSet(columns: 4, rows: 4)
    let fields = sequenceParameterSet(columns: 4, rows: 2, isProgressive: false)
    var whole = video(columns: 4, rows: 4)
    guard frames.count == fields.count,
      let place = whole.indices.first(where: { whole[$0...].starts(with: frames) })
    else { return [] }
    whole.replaceSubrange(place..<place + fields.count, with: fields)
    return whole
  }

  /// The larger video's init segment with an edit list that skips two frames.
  static func withVideoEdit() -> [UInt8] {
    let whole = video(columns: 4, rows: 3)
    let name = Array("avc1".utf8)
    guard let place = whole.indices.first(where: { whole[$0...].starts(with: name) }) else { return [] }
    let size = whole[place - 4..<place].reduce(0) { $0 << 8 | Int($1) }
    return head(
      brand: "cmfc", tracks: [track(1, "vide", 10, Array(whole[place - 4..<place - 4 + size]), edit: 2)])
  }
}
