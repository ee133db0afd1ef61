internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// Sources that are made to attack: each shows what it tried, and that it did not get it.
  @Suite struct HostileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func lastLine(_ result: CommandResult) -> String {
      result.errors.split(separator: "\n").last.map(String.init) ?? ""
    }

    /// Neither probing nor packaging takes it; one line names it and says `why`, and nothing is in the tree.
    private func isRefused(
      _ path: String, _ why: String, _ more: [String] = [],
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let name = (path as NSString).lastPathComponent
      let packaged = try Rung.package(path, into: folder.file("tree"), more)
      #expect(packaged.exit == 1, "\(packaged)", sourceLocation: sourceLocation)
      #expect(packaged.output.isEmpty, "\(packaged)", sourceLocation: sourceLocation)
      #expect(lastLine(packaged).contains(name), "\(packaged)", sourceLocation: sourceLocation)
      #expect(lastLine(packaged).contains(why), "\(packaged)", sourceLocation: sourceLocation)
      #expect(packaged.seconds < 60, "\(packaged)", sourceLocation: sourceLocation)
      #expect(TreeDump.files(folder.file("tree")).isEmpty, sourceLocation: sourceLocation)
    }

    /// Whatever comes of it: a whole asset, or one line and nothing.
    private func endsWell(_ path: String, _ more: [String] = []) throws -> CommandResult {
      let name = (path as NSString).lastPathComponent
      let tree = folder.file("tree-\(UUID().uuidString)")
      let result = try Rung.package(path, into: tree, more)
      #expect(result.exit == 0 || result.exit == 1, "\(name): \(result)")
      #expect(!result.errors.contains("report this as a bug"), "\(name): \(result)")
      #expect(!result.errors.contains("the worker died"), "\(name): \(result)")
      #expect(result.seconds < 90, "\(name): \(result)")
      if result.exit == 0 {
        #expect(try Rung.run(["verify", tree]).exit == 0, "\(name)")
      } else {
        #expect(lastLine(result).contains(name), "\(name): \(result)")
        #expect(TreeDump.files(tree).isEmpty, "\(name)")
      }
      return result
    }

    // MARK: Sources that point elsewhere

    /// What points at TARGET, a good clip that lies beside it or that a server here would give.
    static let pointing: [(kind: String, text: String)] = [
      (
        "a playlist",
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\nTARGET\n#EXT-X-ENDLIST\n"
      ),
      (
        "a master playlist",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000,CODECS=\"avc1.42c00d\"\nTARGET\n"
      ),
      (
        "a playlist with a key",
        "#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXT-X-KEY:METHOD=AES-128,URI=\"TARGET\"\n#EXTINF:8,\nTARGET\n#EXT-X-ENDLIST\n"
      ),
      (
        "an MPD",
        "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
          + "mediaPresentationDuration=\"PT8S\" profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"><Period>"
          + "<AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>TARGET</BaseURL>"
          + "</Representation></AdaptationSet></Period></MPD>\n"
      ),
      ("an ffconcat script", "ffconcat version 1.0\nfile 'TARGET'\n"),
      (
        "an SDP",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
      ),
      ("a list of files", "TARGET\nTARGET\n"),
      ("an ASX list", "<asx version=\"3.0\"><entry><ref href=\"TARGET\"/></entry></asx>\n"),
    ]

    @Test(arguments: pointing)
    func aFileThatPointsAtAnotherFileIsNotFollowed(_ kind: String, _ text: String) throws {
      let target = try folder.write(Fixture.bytes("holiday.mp4"), "target.mp4")
      for (number, named) in ["target.mp4", target, "file:\(target)", "file://\(target)"].enumerated() {
        let hostile = try folder.write(
          text.replacingOccurrences(of: "TARGET", with: named), "hostile-\(number).mp4")
        let probed = try Rung.run(["probe", hostile, "--json"])
        #expect(probed.exit == 1 && probed.output.isEmpty, "\(kind): \(probed)")
        if number == 1 { try isRefused(hostile, "give") }
      }
    }

    @Test(arguments: pointing)
    func aFileThatPointsAtAServerDoesNotReachIt(_ kind: String, _ text: String) throws {
      let server = try Listener()
      for scheme in ["http", "tcp", "rtmp"] {
        let hostile = try folder.write(
          text.replacingOccurrences(of: "TARGET", with: "\(scheme)://127.0.0.1:\(server.port)/a.ts")
            .replacingOccurrences(of: "5004", with: "\(server.port)"), "hostile.mp4")
        let probed = try Rung.run(["probe", hostile])
        #expect(probed.exit == 1 && probed.output.isEmpty, "\(kind): \(probed)")
      }
      #expect(!server.wasCalled, "\(kind)")
    }

    /// QuickTime's data reference: the samples of this file are said to lie in another, at the same places.
    @Test func anExternalDataReferenceIsNotFollowed() throws {
      let bytes = try Fixture.bytes("holiday.mp4")
      let target = try folder.write(bytes, "target.mp4")
      for reference in [Self.alias(target), Self.url("file://\(target)"), Self.url("target.mp4")] {
        let path = ["moov", "trak", "mdia", "minf", "dinf", "dref"]
        let pointing = BoxEdit.replace(path, in: bytes) { _ in
          BoxEdit.number(0) + BoxEdit.number(1) + reference
        }
        // Nothing of its own: only the other file has pictures.
        let hostile = try folder.write(
          BoxEdit.replace(["mdat"], in: pointing) { $0.map { _ in 0 } }, "hostile.mov")
        let result = try endsWell(hostile)
        #expect(result.exit == 1, "\(result)")
        #expect(!result.errors.contains("target.mp4"), "\(result)")
      }
    }

    /// A reference of type `url ` to `location`, not marked as being in this very file.
    private static func url(_ location: String) -> [UInt8] {
      BoxEdit.box("url ", BoxEdit.number(0) + Array(location.utf8) + [0])
    }

    /// A Macintosh alias record with an absolute path and a relative one.
    private static func alias(_ path: String) -> [UInt8] {
      func field(_ text: String, _ room: Int) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(room))
        return [UInt8(bytes.count)] + bytes + [UInt8](repeating: 0, count: room - bytes.count)
      }
      let name = (path as NSString).lastPathComponent
      var record = [UInt8](repeating: 0, count: 10) + field("disk", 27) + [UInt8](repeating: 0, count: 12)
      record += field(name, 63) + [UInt8](repeating: 0, count: 16) + [0, 1, 0, 1]
      record += [UInt8](repeating: 0, count: 16)
      for (kind, text) in [(UInt8(2), "disk:\(path)"), (18, path)] {
        var bytes = Array(text.utf8)
        if bytes.count % 2 == 1 { bytes.append(0) }
        record += [
          0, kind, UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count),
        ]
        record += bytes
      }
      return BoxEdit.box("alis", BoxEdit.number(0) + record + [0xff, 0xff, 0, 0])
    }

    // MARK: Sources that want too much

    @Test(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg"), arguments: ["png", "jpg"])
    func aPictureOfAHundredMegapixelsIsNotDecoded(_ ending: String) throws {
      let large = folder.file("large.\(ending)")
      let made = try Shell.run(
        "ffmpeg",
        ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=s=12000x9000:d=1", "-frames:v", "1", large])
      try #require(made.succeeded, "\(made)")
      try isRefused(large, "--max-pixels")
      let raised = try Rung.run(["plan", large, "--max-pixels", "108000000", "--json"])
      #expect(raised.exit == 0, "\(raised)")
    }

    /// 35 bytes that say they are a picture of 65535 by 65535.
    @Test func aSmallGIFThatClaimsALargePicture() throws {
      let size: [UInt8] = [0xff, 0xff, 0xff, 0xff]
      let head = Array("GIF89a".utf8) + size + [0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff]
      let hostile = try folder.write(
        head + [0x2c, 0, 0, 0, 0] + size + [0, 2, 2, 0x4c, 1, 0, 0x3b], "bomb.gif")
      let result = try endsWell(hostile)
      #expect(result.exit == 1, "\(result)")
    }

    @Test func tenThousandStreams() throws {
      let clip = try Fixture.bytes("single-picture.mp4")
      let many = try folder.write(BoxEdit.multiply(["moov", "trak"], by: 10_000, in: clip), "many.mp4")
      try isRefused(many, "--max-streams")
      let few = try folder.write(BoxEdit.multiply(["moov", "trak"], by: 5, in: clip), "few.mp4")
      #expect(try Rung.run(["probe", few]).exit == 0)
      #expect(try Rung.run(["probe", few, "--max-streams", "5"]).exit == 0)
      let refused = try Rung.run(["probe", few, "--max-streams", "4"])
      #expect(refused.exit == 1 && lastLine(refused).contains("--max-streams"), "\(refused)")
    }

    /// The samples themselves are said to be hours apart, not only the header.
    @Test func tenThousandHours() throws {
      let clip = try Fixture.bytes("long-gop.mp4")
      let long = try folder.write(Self.stretched(clip, to: 10_000 * 3600), "long.mp4")
      // Pictures days apart are not of one title: what is left is short, and said to be damaged.
      _ = try endsWell(long)
      let probed = try JSON.object(try Rung.run(["probe", long, "--json"]).output)
      let faults = try #require(probed["faults"] as? [[String: Any]])
      #expect(faults.contains { $0["code"] as? String == "timestamps-absurd" }, "\(faults)")
      let day = try folder.write(Self.stretched(clip, to: 30 * 3600), "day.mp4")
      try isRefused(day, "--max-hours")
      #expect(try Rung.run(["plan", day, "--max-hours", "31"]).exit == 0)
    }

    /// The clip with its samples spread over `seconds`.
    private static func stretched(_ clip: [UInt8], to seconds: UInt32) -> [UInt8] {
      // One sample every `seconds / 225`, in ticks of a second: nine seconds at 25 frames a second.
      let media = ["moov", "trak", "mdia"]
      let whole = BoxEdit.multiply(["moov", "trak", "edts"], by: 0, in: clip)
      let slow = BoxEdit.replace(media + ["mdhd"], in: whole) { BoxEdit.put(1, at: 12, in: $0) }
      return BoxEdit.replace(media + ["minf", "stbl", "stts"], in: slow) {
        BoxEdit.put(max(1, seconds / 225), at: 12, in: $0)
      }
    }

    @Test func moreOutputThanIsAllowed() throws {
      let plan = try Rung.run(["plan", Fixture.path("dark-start.mp4"), "--max-output", "1MiB"])
      #expect(plan.exit == 1 && lastLine(plan).contains("--max-output"), "\(plan)")
    }

    // MARK: Sources that lie

    static let lies: [(what: String, path: [String], offset: Int, values: [UInt32])] = [
      ("timescale", ["moov", "trak", "mdia", "mdhd"], 12, [0, 1, 0x7fff_ffff, 0xffff_ffff]),
      ("media duration", ["moov", "trak", "mdia", "mdhd"], 16, [0, 0xffff_ffff]),
      ("movie timescale", ["moov", "mvhd"], 12, [0, 1, 0xffff_ffff]),
      ("movie duration", ["moov", "mvhd"], 16, [0, 0xffff_ffff]),
      (
        "sample duration", ["moov", "trak", "mdia", "minf", "stbl", "stts"], 12,
        [0, 0x8000_0000, 0xffff_ffff]
      ),
      ("sample count", ["moov", "trak", "mdia", "minf", "stbl", "stts"], 8, [0, 0x7fff_ffff, 0xffff_ffff]),
      ("edit's length", ["moov", "trak", "edts", "elst"], 8, [0, 0x8000_0000, 0xffff_ffff]),
      ("edit's start", ["moov", "trak", "edts", "elst"], 12, [0x7fff_ffff, 0x8000_0000, 0xffff_fffe]),
      ("sizes", ["moov", "trak", "mdia", "minf", "stbl", "stsz"], 4, [1, 0x7fff_ffff, 0xffff_ffff]),
      (
        "number of sizes", ["moov", "trak", "mdia", "minf", "stbl", "stsz"], 8, [0, 0x7fff_ffff, 0xffff_ffff]
      ),
      (
        "composition offset", ["moov", "trak", "mdia", "minf", "stbl", "ctts"], 12,
        [0x7fff_ffff, 0x8000_0000]
      ),
    ]

    @Test(arguments: lies)
    func aHeaderThatLiesEndsInAStreamOrALine(
      _ what: String, _ path: [String], _ offset: Int, _ values: [UInt32]
    ) throws {
      let clip = try Fixture.bytes("film-2.39.mp4")
      for value in values {
        let lying = BoxEdit.replace(path, in: clip) { BoxEdit.put(value, at: offset, in: $0) }
        let hostile = try folder.write(lying, "lie-\(value).mp4")
        _ = try endsWell(hostile)
        let probed = try Rung.run(["probe", hostile, "--json"])
        #expect(probed.exit == 0 || probed.exit == 1, "\(what) \(value): \(probed)")
        if probed.exit == 0 { _ = try JSON.object(probed.output) }
      }
    }

    // MARK: Sources with names that bite

    static let names = [
      "two\nlines.mp4", "#EXTINF:1,\n#EXT-X-KEY:METHOD=NONE.mp4", "it's \"quoted\" `here` $(there).mp4",
      "frame-%03d %s %n.mp4", "....mp4", ".. .. etc.mp4", "a\\..\\b.mp4", "gnp\u{202e}4pm.mp4",
      "tab\t\u{1b}[2J.mp4",
      "-rf.mp4", "ünï çødé 日本.mp4", "pipe:0.mp4", "concat:a|b.mp4", "{version}{n}.mp4", "a,b=c;d&<e>.mp4",
      String(repeating: "x", count: 251) + ".mp4", String(repeating: "é", count: 125) + ".mp4", ".mp4",
      "noending",
    ]

    @Test(arguments: names)
    func aNameIsNeverMoreThanAName(_ name: String) throws {
      let path = folder.file(name)
      try FileManager.default.copyItem(atPath: Fixture.path("single-picture.mp4"), toPath: path)
      let tree = folder.file("tree")
      let result = try Rung.run(["package", path, "--into", tree, "--ladder", Rung.tiny])
      #expect(result.exit == 0, "\(result)")
      let files = TreeDump.files(tree)
      #expect(files.contains { $0.hasSuffix("/asset.json") })
      for file in files {
        #expect(
          file.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"\"'`$%\\{}<>|;&".utf8.contains($0) },
          "\(file)")
        #expect(!file.split(separator: "/").contains { $0.hasPrefix(".") || $0.hasPrefix("-") }, "\(file)")
        if file.hasSuffix(".m3u8") {
          let text = try String(contentsOfFile: "\(tree)/\(file)", encoding: .utf8)
          #expect(!text.contains("METHOD=NONE") && !text.contains("there") && !text.contains("\u{202e}"))
        }
      }
      #expect(try Rung.run(["verify", tree]).exit == 0)
      for line in result.errors.unicodeScalars where line != "\n" {
        #expect(line.value >= 0x20 && !(0x7f...0x9f).contains(line.value) && line != "\u{202e}")
      }
      let probed = try Rung.run(["probe", path, "--json"])
      #expect(try JSON.object(probed.output)["source"] as? String == path)
      let printed = try Rung.run(["probe", path]).output
      #expect(printed.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0 != "\u{202e}" })
    }
  }
}

/// A server on this machine that only notes whether anybody came.
private final class Listener {
  private let socket: Int32
  let port: Int

  init() throws {
    socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = socket
    let code = unsafe withUnsafeMutablePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bind(descriptor, address, length) + listen(descriptor, 8)
          + getsockname(descriptor, address, &length)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    try #require(code == 0 && port > 0)
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
  }

  deinit { close(socket) }

  var wasCalled: Bool {
    let caller = accept(socket, nil, nil)
    if caller >= 0 { close(caller) }
    return caller >= 0
  }
}
