internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import LibAV

@Suite struct MuxerTests {
  private struct Refusal: Error, Equatable {}

  private final class RefusingSink: MuxerSink {
    func write(_ bytes: Span<UInt8>) throws { throw Refusal() }
  }

  private func sound() throws -> PacketFileReader {
    try PacketFileReader(path: Checkout.path("Tests/PackagingTests/Fixtures/sound-aac.packets"))
  }

  private func packet(_ bytes: [UInt8], at time: Int64) throws -> Packet {
    let packet = try Packet.copying(bytes)
    packet.presentation = time
    packet.decode = time
    packet.isKey = true
    return packet
  }

  @Test func theSinksOwnErrorComesBack() throws {
    let muxer = try Muxer.open(
      .mpegts, tracks: [MuxerTrack(try sound().format)], options: [:], sink: RefusingSink())
    let first = try packet([UInt8](repeating: 1, count: 4000), at: 900_000)
    #expect(throws: Refusal()) { try muxer.write(first) }
  }

  @Test func unknownOptionsAreErrors() throws {
    let track = MuxerTrack(try sound().format)
    do {
      let muxer = try Muxer.open(.mpegts, tracks: [track], options: ["pat_perod": "1"], sink: MuxerBuffer())
      try muxer.finish()
      Issue.record("the muxer opened")
    } catch { #expect(error.context == "an option is unknown") }
  }

  @Test func timebasesAreTheContainers() throws {
    let muxer = try Muxer.open(
      .mpegts, tracks: [MuxerTrack(try sound().format)], options: [:], sink: MuxerBuffer())
    #expect(muxer.timebase(of: 0) == Rational(1, 90_000))
    #expect(!muxer.timebase(of: 1).isPositive)
    #expect(!muxer.timebase(of: -1).isPositive)
  }

  @Test func everythingWrittenReachesTheSinkAtOnce() throws {
    let sink = MuxerBuffer()
    let muxer = try Muxer.open(
      .mpegts, tracks: [MuxerTrack(try sound().format, language: "eng")],
      options: ["mpegts_copyts": "1", "pat_period": "86400", "sdt_period": "86400"], sink: sink)
    let first = try packet([UInt8](repeating: 1, count: 300), at: 900_000)
    try muxer.write(first)
    let before = sink.bytes.count
    try muxer.flush()
    #expect(sink.bytes.count > before)
    #expect(sink.bytes.count % 188 == 0)
    let tables = {
      sink.bytes.indices.filter { $0 % 188 == 0 && sink.bytes[$0 + 1] == 0x40 && sink.bytes[$0 + 2] == 0 }
    }
    #expect(tables().count == 1)
    try muxer.repeatTables()
    let second = try packet([UInt8](repeating: 1, count: 300), at: 902_000)
    try muxer.write(second)
    try muxer.flush()
    #expect(tables().count == 2)
    try muxer.finish()
  }

  @Test func codecsRoundTripThroughFFmpegsNumbers() {
    for codec in Codec.allCases { #expect(Codec(avID: codec.avID) == codec) }
    #expect(Codec(avID: .init(0)) == nil)
  }
}
