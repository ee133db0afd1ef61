internal import Foundation
internal import LibAV
internal import Media
internal import Testing

@Suite(.enabled(if: ClipFolder.ffmpeg != nil, "needs the ffmpeg command to make clips"))
struct DemuxerTests {
  private let folder: ClipFolder

  init() throws { folder = try ClipFolder() }

  private func rest(_ demuxer: borrowing Demuxer) throws -> [Int64] {
    let packet = try Packet()
    var times: [Int64] = []
    while try demuxer.read(into: packet) {
      if let time = packet.presentation ?? packet.decode { times.append(time) }
    }
    return times
  }

  @Test(arguments: ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.h264"])
  func rewindingGivesTheSamePackets(_ name: String) throws {
    let path = try folder.make(
      name, "-f lavfi -i testsrc2=s=96x64:r=25:d=2 -c:v libx264 -preset ultrafast -g 25 -bf 2")
    let handle = try #require(FileHandle(forReadingAtPath: path))
    defer { try? handle.close() }
    var demuxer = try Demuxer.open(descriptor: handle.fileDescriptor, name: name)
    let first = try rest(demuxer)
    try demuxer.rewind()
    let second = try rest(demuxer)
    #expect(second == first)
    #expect(first.count == 50)
    // The descriptor's own offset is not touched.
    #expect(try handle.offset() == 0)
  }

  @Test func seekingStopsAtAKeyframeBefore() throws {
    let path = try folder.make(
      "s.mp4", "-f lavfi -i testsrc2=s=96x64:r=25:d=4 -c:v libx264 -preset ultrafast -g 25 -bf 0")
    let handle = try #require(FileHandle(forReadingAtPath: path))
    defer { try? handle.close() }
    let demuxer = try Demuxer.open(descriptor: handle.fileDescriptor, name: "s.mp4")
    let timebase = demuxer.timebase(of: 0)
    try demuxer.seek(stream: 0, to: MediaTime(60, Rational(1, 25)).ticks(in: timebase))
    let packet = try Packet()
    let (came, isKey) = (try demuxer.read(into: packet), packet.isKey)
    let time = packet.presentation
    #expect(came && isKey && time == MediaTime(50, Rational(1, 25)).ticks(in: timebase))
    let unknown = demuxer.timebase(of: 99)
    #expect(unknown == Rational(1, 1_000_000))
  }

  @Test func discardedStreamsDoNotCome() throws {
    let path = try folder.make(
      "d.mp4", "-f lavfi -i testsrc2=s=96x64:d=1 -f lavfi -i sine=d=1 -c:v libx264 -preset ultrafast -c:a aac"
    )
    let handle = try #require(FileHandle(forReadingAtPath: path))
    defer { try? handle.close() }
    let demuxer = try Demuxer.open(descriptor: handle.fileDescriptor, name: "d.mp4")
    demuxer.discard(allExcept: [1])
    let packet = try Packet()
    var seen: Set<Int> = []
    while try demuxer.read(into: packet) { seen.insert(packet.stream) }
    #expect(seen == [1])
  }

  @Test func elementaryStreamsHaveNothingToSeekBy() throws {
    let path = try folder.make("e.h264", "-f lavfi -i testsrc2=s=96x64:d=1 -c:v libx264 -preset ultrafast")
    let handle = try #require(FileHandle(forReadingAtPath: path))
    defer { try? handle.close() }
    let demuxer = try Demuxer.open(descriptor: handle.fileDescriptor, name: "e.h264")
    let isElementary = demuxer.isElementary
    #expect(isElementary)
    var failed = false
    do throws(AVFailure) { try demuxer.seek(stream: 0, to: 0) } catch { failed = true }
    #expect(failed)
  }
}

@Suite struct LogLinesTests {
  private typealias Line = LogLines.Line

  @Test func piecesAreJoinedAndEndsTrimmed() {
    var lines = LogLines()
    #expect(lines.add(.info, "mov", "one, ") == [])
    #expect(lines.add(.info, "mov", "two \r\nthree") == [Line(.info, "mov", "one, two")])
    #expect(lines.add(.error, "aac", "bad\n\n") == [Line(.info, "mov", "three"), Line(.error, "aac", "bad")])
    #expect(lines.flush() == [])
  }

  @Test func repetitionsAreCounted() {
    var lines = LogLines()
    #expect(lines.add(.error, "h264", "no frame\n") == [Line(.error, "h264", "no frame")])
    #expect(lines.add(.error, "h264", "no frame\nno frame\n") == [])
    #expect(
      lines.add(.error, "h264", "other\n")
        == [Line(.error, "h264", "(the last line came 2 more times)"), Line(.error, "h264", "other")])
    #expect(lines.add(.error, "h264", "other\n") == [])
    #expect(lines.flush() == [Line(.error, "h264", "(the last line came 1 more times)")])
  }

  @Test func endlessLinesAreCut() {
    var lines = LogLines()
    var out: [Line] = []
    for index in 0..<10 { out += lines.add(.debug, "x", String(repeating: "\(index)", count: 1000)) }
    #expect(out.map(\.text.count) == [5000, 5000])
    #expect(lines.flush() == [])
  }
}
