internal import Testing
internal import Verifying

@Suite struct MutationTests {
  @Test(arguments: Mutation.all) func aBrokenTreeIsFoundOut(mutation: Mutation) throws {
    let report = try mutation.broken().verify(deep: mutation.deep)
    let found = report.findings.map { "\($0.code) \($0.path): \($0.message)" }
    #expect(report.findings.contains { $0.code == mutation.code.rawValue }, "found: \(found)")
  }

  @Test func everyCodeHasABrokenTree() {
    // What cannot be read at all is tested by path.
    let tested = Set(Mutation.all.map(\.code)).union([.inputUnreadable])
    #expect(FindingCode.allCases.filter { !tested.contains($0) } == [])
  }
}
