internal import Foundation
internal import Media
internal import Testing

@Suite struct TickListTests {
  static let lists: [[Int64]] = [
    [], [0], [-1], [.max, .min, 0, .max], [0, 512, 1024, 1536], [5, 5, 5], [.min], [-3, 7, -3, 7],
  ]

  @Test(arguments: lists)
  func comesBackFromJSON(_ values: [Int64]) throws {
    let data = try JSONEncoder().encode(["ticks": TickList(values)])
    #expect(try JSONDecoder().decode([String: TickList].self, from: data) == ["ticks": TickList(values)])
  }

  @Test func randomListsComeBackFromJSON() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<50 {
      let values = (0..<40).map { _ in Int64(bitPattern: random.next() >> UInt64.random(in: 0..<64)) }
      let data = try JSONEncoder().encode([TickList(values)])
      #expect(try JSONDecoder().decode([TickList].self, from: data) == [TickList(values)], "\(values)")
    }
  }

  @Test func anHourIsSmall() throws {
    let hour = TickList((0..<216_000).map { Int64($0) * 1500 })
    #expect(try JSONEncoder().encode([hour]).count < 600_000)
  }

  /// Not base64, not text, cut within a number, a number of more than 64 bits.
  static let hostile = [
    "[\"%%%\"]", "[17]", "[null]", "[\"gA==\"]", "[\"////////////////AQ==\"]", "[\"gICAgICAgICAgIAB\"]",
  ]

  @Test(arguments: hostile)
  func refusesWhatIsNoList(_ json: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([TickList].self, from: Data(json.utf8)) }
  }

  @Test func everyByteStringIsAListOrAnError() {
    var refused = 0
    for first in UInt8.min...UInt8.max {
      for second in stride(from: UInt8.min, to: .max, by: 15) {
        let json = Data("[\"\(Data([first, second]).base64EncodedString())\"]".utf8)
        guard let lists = try? JSONDecoder().decode([TickList].self, from: json) else {
          refused += 1
          continue
        }
        #expect(lists.count == 1 && lists[0].values.count <= 2)
      }
    }
    #expect(refused > 0)
  }
}
