internal import Testing

@testable import Verifying

/// How far two recordings of the same lie apart is found by their shapes, or is not said.
@Suite struct ShapeMatchTests {
  private func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(state: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  @Test(arguments: [-20, -3, 0, 1, 12]) func theSameThingLater(shift: Int) throws {
    let source = noise(1000, seed: 7)
    let later =
      shift >= 0
      ? Array(repeating: 0, count: shift) + source : Array(source.dropFirst(-shift))
    let lag = try #require(ShapeMatch.lag(later, source))
    #expect(abs(lag - Double(shift)) < 0.3, "\(lag)")
  }

  @Test func whatIsNotAlikeOrRepeatsTellsNothing() {
    #expect(ShapeMatch.lag(noise(1000, seed: 1), noise(1000, seed: 2)) == nil)
    #expect(ShapeMatch.lag(Array(repeating: 9, count: 1000), noise(1000, seed: 2)) == nil)
    let beat = (0..<1000).map { UInt8($0 % 20 == 0 ? 200 : 0) }
    #expect(ShapeMatch.lag(beat, beat) == nil)
    #expect(ShapeMatch.lag([], []) == nil)
    #expect(ShapeMatch.lag(noise(50, seed: 1), noise(50, seed: 1)) == nil)
  }
}
