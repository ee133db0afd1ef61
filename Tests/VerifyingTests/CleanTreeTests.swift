internal import Foundation
internal import Testing
internal import Verifying

@Suite struct CleanTreeTests {
  @Test(arguments: [false, true]) func aTreeThatKeepsTheRulesHasNoFindings(deep: Bool) throws {
    let cmaf = try TreeFixture.cmaf.verify(deep: deep)
    #expect(cmaf.findings == [])
    #expect(cmaf.checked.playlists == 6)
    #expect(cmaf.checked.segments == 11)
    let transport = try TreeFixture.transport.verify(deep: deep)
    #expect(transport.findings == [])
    #expect(transport.checked.playlists == 3)
  }
}
