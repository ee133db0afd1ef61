internal import Media
internal import TestKit
internal import Testing

@testable import Packaging

@Suite struct TransportSinkTests {
  private func packet(_ pid: Int, start: Bool = false, mark: UInt8 = 0) -> [UInt8] {
    [0x47, UInt8(pid >> 8) | (start ? 0x40 : 0), UInt8(pid & 0xff), 0x10]
      + [UInt8](repeating: mark, count: 184)
  }

  private func sink(_ target: MemoryTarget) throws -> TransportSink {
    let sink = TransportSink(name: "t")
    sink.open(try target.open(rendition: "t"))
    return sink
  }

  private func written(_ target: MemoryTarget, _ sink: TransportSink) throws -> [UInt8] {
    let object = try #require(try sink.close())
    try target.place(object, key: "k", type: .transportStream, cache: .short)
    return target.objects["k"]?.bytes ?? []
  }

  @Test(arguments: [1, 7, 187, 188, 189, 400, 5000])
  func piecesOfAnySizeWithoutTheServiceDescription(_ size: Int) throws {
    let target = MemoryTarget()
    let sink = try sink(target)
    let kept = packet(0, start: true) + packet(0x1000) + packet(0x100, start: true, mark: 1)
    let bytes = packet(17) + kept + packet(17) + packet(0x101, mark: 2)
    for start in stride(from: 0, to: bytes.count, by: size) {
      try sink.write(Array(bytes[start..<min(start + size, bytes.count)]))
    }
    #expect(try written(target, sink) == kept + packet(0x101, mark: 2))
  }

  @Test func picturesAreFoundWithTheirTables() throws {
    let target = MemoryTarget()
    let sink = try sink(target)
    try sink.write(packet(0x101))
    sink.startWatching()
    try sink.write(
      packet(17) + packet(0) + packet(0x1000) + packet(0x100, start: true) + packet(0x100) + packet(0x100))
    #expect(try #require(sink.stopWatching()) == (188, 5 * 188))
    sink.startWatching()
    // Sound after the tables: the tables are not the picture's.
    try sink.write(packet(0) + packet(0x1000) + packet(0x101) + packet(0x100, start: true))
    #expect(try #require(sink.stopWatching()) == (9 * 188, 188))
    sink.startWatching()
    try sink.write(packet(0x101))
    #expect(sink.stopWatching() == nil)
    #expect(try written(target, sink).count == 11 * 188)
  }

  @Test func whatIsNoPacketIsRefused() throws {
    let target = MemoryTarget()
    let sink = try sink(target)
    #expect(throws: PackagingFailure.notTransportPackets(rendition: "t")) {
      try sink.write([UInt8](repeating: 0, count: 188))
    }
    try sink.write([0x47, 0])
    #expect(throws: PackagingFailure.notTransportPackets(rendition: "t")) { try sink.close() }
  }
}

extension TransportSink {
  fileprivate func write(_ bytes: [UInt8]) throws { try write(bytes.span) }
}
