internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Pictures of which not all is to be seen, or that become others: what comes out is looked at.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg")) struct OddPicturesTests {
    /// Luma in columns of 40: white, black, white … where a crop goes wrong a seam moves.
    private static let seams = "geq=lum='if(mod(floor(X/40),2),16,235)':cb=128:cr=128"

    private func make(_ folder: TemporaryFolder, _ arguments: [String]) throws {
      let result = try Shell.run("ffmpeg", ["-nostdin", "-v", "error"] + arguments, folder: folder.path)
      try #require(result.succeeded, "\(result)")
    }

    /// Every picture of the largest rung, as 16x9 bytes of luma.
    private func pictures(
      _ source: String, in folder: TemporaryFolder, size: String = "16:9"
    ) throws -> (asset: Asset, pictures: [[UInt8]]) {
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let result = try Rung.package(source, into: asset.tree)
      try #require(result.exit == 0, "\(result)")
      let playlist = try #require(try asset.playlists("video").first { $0.name == "180p" }?.path)
      let verified = try Rung.run(["verify", asset.tree, "--deep"])
      #expect(verified.exit == 0, "\(verified)")
      return (asset, try Peer.thumbnails(playlist, size: size))
    }

    /// Each column's luma, of a picture whose columns are all of one colour.
    private func expect(_ picture: [UInt8]?, _ wanted: [Int], _ what: String) throws {
      let picture = try #require(picture)
      for (column, luma) in wanted.enumerated() {
        for row in [1, 4, 7] {
          #expect(abs(Int(picture[row * 16 + column]) - luma) <= 3, "\(what), \(column)/\(row): \(picture)")
        }
      }
    }

    @Test(arguments: [
      ("argb", ["-c:v", "qtrle", "a.mov"]), ("yuva420p", ["-c:v", "libvpx-vp9", "-b:v", "400k", "a.webm"]),
      ("yuva444p10le", ["-c:v", "prores_ks", "a.mov"]),
    ])
    func whatIsTransparentIsBlack(_ format: String, _ encoding: [String]) throws {
      let folder = try TemporaryFolder()
      // White, and transparent in its right half.
      try make(
        folder,
        [
          "-f", "lavfi", "-i", "color=white:size=320x180:rate=10:duration=1", "-f", "lavfi", "-i",
          "color=black:size=320x180:rate=10:duration=1,format=gray,geq=lum='if(lt(X,160),255,0)'",
          "-filter_complex", "[0][1]alphamerge,format=\(format)",
        ] + encoding)
      let found = try pictures(folder.file(encoding[encoding.count - 1]), in: folder)
      let wanted = [Int](repeating: 255, count: 7) + [-1, -1] + [Int](repeating: 0, count: 7)
      let picture = try #require(found.pictures.last)
      for (column, luma) in wanted.enumerated() where luma >= 0 {
        #expect(abs(Int(picture[4 * 16 + column]) - luma) <= 4, "\(format) \(column): \(picture)")
      }
    }

    /// 400x224 with 40 off on the left and right and 22 off above and below: eight whole columns remain, black first.
    @Test(arguments: ["h264", "hevc", "clap", "matroska"])
    func whatIsCutOffIsNotShown(_ kind: String) throws {
      let folder = try TemporaryFolder()
      let codec =
        kind == "hevc" ? ["-c:v", "libx265", "-x265-params", "log-level=error"] : ["-c:v", "libx264"]
      let crop = "crop_left=40:crop_right=40:crop_top=22:crop_bottom=22"
      let edit = [
        "h264": ["-bsf:v", "h264_metadata=\(crop)"], "hevc": ["-bsf:v", "hevc_metadata=\(crop)"],
      ][kind]
      let name = kind == "matroska" ? "a.mkv" : "a.mp4"
      try make(
        folder,
        ["-f", "lavfi", "-i", "color=size=400x224:rate=10:duration=1,format=yuv420p,\(Self.seams)"] + codec
          + ["-crf", "10", "-preset", "ultrafast"] + (edit ?? []) + [name])
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file(name))))
      if kind == "clap" {
        bytes = BoxEdit.replace(["moov", "trak", "mdia", "minf", "stbl", "stsd"], in: bytes) { table in
          // One entry, of which the last box becomes the new one.
          let clap = BoxEdit.box("clap", [320, 1, 180, 1, 0, 1, 0, 1].flatMap { BoxEdit.number($0) })
          let size = BoxEdit.number(at: 8, in: table) + UInt32(clap.count)
          return BoxEdit.put(size, at: 8, in: table) + clap
        }
        bytes = shifted(bytes, by: 40)
      } else if kind == "matroska" {
        bytes = try cropped(bytes)
      }
      try folder.write(bytes, name)
      let found = try pictures(folder.file(name), in: folder)
      let playlist = try #require(try found.asset.playlists("video").first { $0.name == "180p" }?.path)
      #expect(try Peer.picture(playlist).hasPrefix("320,180,1:1"))
      try expect(
        found.pictures.first, (0..<16).map { $0 / 2 % 2 == 0 ? 0 : 255 }, kind)
      let probe = try Rung.run(["probe", folder.file(name), "--json"])
      let video = try #require((try JSON.object(probe.output)["video"] as? [[String: Any]])?.first)
      let source = try #require(
        (try found.asset.document()["source"] as? [String: Any])?["video"] as? [String: Any])
      let key = edit == nil ? "crop" : "bitstream_crop"
      for place in [video, source] {
        let edges = try #require(place[key] as? [String: Int], "\(place)")
        #expect(edges["left"] == 40 && edges["right"] == 40 && edges["top"] == 22, "\(edges)")
        #expect(edges["bottom"] == 22)
      }
    }

    /// The index comes behind the media where it is: only chunk offsets of an index in front would move.
    private func shifted(_ bytes: [UInt8], by count: UInt32) -> [UInt8] {
      let types = stride(from: 0, to: bytes.count, by: 1).prefix(64).map { index in
        String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
      }
      guard !types.contains("mdat") else { return bytes }
      return BoxEdit.replace(["moov", "trak", "mdia", "minf", "stbl", "stco"], in: bytes) { table in
        (0..<(table.count - 8) / 4).reduce(table) { table, entry in
          BoxEdit.put(BoxEdit.number(at: 8 + 4 * entry, in: table) + count, at: 8 + 4 * entry, in: table)
        }
      }
    }

    /// FFmpeg pads its headers with Void elements: what the crop takes comes off the one behind the tracks.
    private func cropped(_ bytes: [UInt8]) throws -> [UInt8] {
      // PixelWidth 400 (0xb0, two bytes) and PixelHeight 224 (0xba, one byte) of the video settings (0xe0).
      let sides: [UInt8] = [0xb0, 0x82, 0x01, 0x90, 0xba, 0x81, 0xe0]
      let at = try #require(bytes.indices.dropLast(6).first { bytes[$0..<$0 + 7].elementsEqual(sides) })
      let crop: [UInt8] = [
        0x54, 0xcc, 0x81, 40, 0x54, 0xdd, 0x81, 40, 0x54, 0xbb, 0x81, 22, 0x54, 0xaa, 0x81, 22,
      ]
      var result = bytes
      result.replaceSubrange(at + 7..<at + 7, with: crop)
      // Every element around it grows, from the innermost: Video, TrackEntry, Tracks.
      var more = crop.count
      for id in [[0xe0], [0xae], [0x16, 0x54, 0xae, 0x6b]] as [[UInt8]] {
        let place = try #require(
          (0..<at).last { bytes[$0..<$0 + id.count].elementsEqual(id) && encloses($0 + id.count, at, bytes) })
        more += try grow(&result, at: place + id.count, by: more)
      }
      return result
    }

    private func encloses(_ place: Int, _ at: Int, _ bytes: [UInt8]) -> Bool {
      guard let (size, width) = number(bytes, place) else { return false }
      return place + width <= at && place + width + size > at && size < 4096
    }

    private func number(_ bytes: [UInt8], _ place: Int) -> (value: Int, width: Int)? {
      guard place < bytes.count, bytes[place] != 0 else { return nil }
      let width = bytes[place].leadingZeroBitCount + 1
      guard place + width <= bytes.count else { return nil }
      let value = bytes[place..<place + width].reduce(0) { $0 << 8 | Int($1) }
      return (value & ~(1 << (7 * width)), width)
    }

    /// The number of bytes that the size itself takes more.
    private func grow(_ bytes: inout [UInt8], at place: Int, by count: Int) throws -> Int {
      let (value, width) = try #require(number(bytes, place))
      let sum = value + count
      let wider = sum < 1 << (7 * width) - 1 ? width : width + 1
      let coded = sum | 1 << (7 * wider)
      let size = (0..<wider).map { UInt8(truncatingIfNeeded: coded >> (8 * (wider - 1 - $0))) }
      bytes.replaceSubrange(place..<place + width, with: size)
      return wider - width
    }

    /// The picture becomes narrower, then one in another format: it is fitted into the first one's size, on black.
    @Test func whatChangesInMidStreamIsFitted() throws {
      let folder = try TemporaryFolder()
      for (name, size, format) in [
        ("a", "320x180", "yuv420p"), ("b", "160x180", "yuv420p"), ("c", "320x180", "yuv422p"),
      ] {
        try make(
          folder,
          [
            "-f", "lavfi", "-i", "color=white:size=\(size):rate=10:duration=1", "-pix_fmt", format, "-c:v",
            "libx264", "-preset", "ultrafast", "-bsf:v", "h264_mp4toannexb", "-f", "h264", "\(name).h264",
          ])
      }
      let all = try ["a", "b", "c"].flatMap {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("\($0).h264"))))
      }
      try folder.write(all, "all.h264")
      try make(folder, ["-r", "10", "-f", "h264", "-i", "all.h264", "-c", "copy", "all.ts"])
      let found = try pictures(folder.file("all.ts"), in: folder)
      #expect((29...31).contains(found.pictures.count), "\(found.pictures.count)")
      let white = [Int](repeating: 255, count: 16)
      let narrow = [0, 0, 0]
      try expect(found.pictures.first { _ in true }, white, "first")
      let middle = try #require(found.pictures.dropFirst(15).first)
      for (column, luma) in narrow.enumerated() {
        #expect(abs(Int(middle[64 + column]) - luma) <= 3, "\(middle)")
      }
      #expect(middle[64 + 8] > 250, "\(middle)")
      try expect(found.pictures.last, white, "last")
    }
  }
}
