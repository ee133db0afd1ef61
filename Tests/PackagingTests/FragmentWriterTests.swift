internal import TestKit
internal import Testing

@testable import Packaging

@Suite struct FragmentWriterTests {
  private func sample(
    _ size: UInt32, duration: UInt32 = 1001, offset: Int32 = 0, sync: Bool = false
  ) -> RunSample {
    RunSample(duration: duration, size: size, compositionOffset: offset, isSync: sync)
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Every byte, by ISO/IEC 14496-12 8.8.
  @Test func aGOPByteForByte() {
    let run = TrackRun(
      track: 1, baseDecodeTime: 0x1_0000_0002,
      samples: [sample(0x30, offset: 1001, sync: true), sample(5, offset: 2002), sample(6, offset: -1001)])
    let head = FragmentWriter.head(sequence: 7, runs: [run]) ?? []
    let expected = [
      "0000007c 6d6f6f66",  // moof
      "00000010 6d666864 00000000 00000007",  // mfhd
      "00000064 74726166",  // traf
      "00000018 74666864 00020028 00000001 000003e9 01010000",  // tfhd: duration, flags of all but the first
      "00000014 74666474 01000000 0000000100000002",  // tfdt
      "00000030 7472756e 01000a05 00000003 00000084 02000000",  // trun: offset, first flags
      "00000030 000003e9", "00000005 000007d2", "00000006 fffffc17",
      "00000043 6d646174",  // mdat
    ].joined().filter { $0 != " " }
    #expect(hex(head) == expected)
  }

  @Test func whatIsEqualStandsOnce() {
    let cases: [(String, [TrackRun])] = [
      ("sound of equal frames", [run([sample(9, sync: true), sample(9, sync: true)])]),
      ("sound of frames that differ", [run([sample(9, sync: true), sample(8, duration: 500, sync: true)])]),
      ("one picture", [run([sample(9, sync: true)])]),
      ("a picture that is not sync first", [run([sample(9), sample(8)])]),
      (
        "sync samples in the middle",
        [run([sample(9, sync: true), sample(8), sample(7, sync: true), sample(6)])]
      ),
      (
        "two tracks",
        [
          run([sample(100, sync: true), sample(50)]),
          TrackRun(track: 2, baseDecodeTime: 48_000, samples: [sample(7, duration: 1024, sync: true)]),
        ]
      ),
      ("nothing", [run([])]),
    ]
    let text = cases.map { name, runs in
      let payload = runs.flatMap(\.samples).reduce(0) { $0 + Int($1.size) }
      let bytes =
        (FragmentWriter.head(sequence: 1, runs: runs) ?? []) + [UInt8](repeating: 0, count: payload)
      return "# \(name)\n\(BoxDump.text(bytes))"
    }
    Golden.expect(text.joined(separator: "\n"), "fragments.txt")
  }

  @Test func whatDoesNotFitIsRefused() {
    #expect(FragmentWriter.head(sequence: 1, runs: [run([sample(.max - 8)])]) != nil)
    #expect(FragmentWriter.head(sequence: 1, runs: [run([sample(.max - 7)])]) == nil)
    // The second track's data would begin beyond what 31 bits can say.
    let far = TrackRun(track: 2, baseDecodeTime: 0, samples: [sample(1)])
    #expect(FragmentWriter.head(sequence: 1, runs: [run([sample(1 << 31)]), far]) == nil)
  }

  private func run(_ samples: [RunSample]) -> TrackRun {
    TrackRun(track: 1, baseDecodeTime: 0, samples: samples)
  }
}
