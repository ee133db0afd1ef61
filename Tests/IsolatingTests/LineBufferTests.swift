internal import Testing

@testable internal import Isolating

@Suite struct LineBufferTests {
  private func lines(_ pieces: [String], bound: Int = 100) -> ([String], rest: String?, overflowed: Bool) {
    var buffer = LineBuffer(bound: bound)
    var result: [String] = []
    for piece in pieces {
      buffer.append(piece.utf8)
      while let line = buffer.next() { result.append(String(decoding: line, as: UTF8.self)) }
    }
    return (result, buffer.rest().map { String(decoding: $0, as: UTF8.self) }, buffer.overflowed)
  }

  @Test func linesComeOutWhole() {
    let (result, rest, overflowed) = lines(["a", "b\nc", "\n\nde\nf", "g"])
    #expect(result == ["ab", "c", "", "de"])
    #expect(rest == "fg")
    #expect(!overflowed)
  }

  @Test func aLongLineComesInPieces() {
    let (result, rest, overflowed) = lines(["0123456789", "01234\nx\n"], bound: 8)
    #expect(result == ["01234567", "8901234", "x"])
    #expect(rest == nil)
    #expect(overflowed)
  }

  @Test func aLineOfTheBoundIsWhole() {
    let (result, _, overflowed) = lines(["12345678\n"], bound: 8)
    #expect(result == ["12345678"])
    #expect(!overflowed)
  }
}
