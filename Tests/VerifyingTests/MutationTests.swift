internal import TestKit
internal import Testing
internal import Verifying

@Suite struct MutationTests {
  @Test(arguments: Mutation.all) func aBrokenTreeIsFoundOutAndNothingElseIsSaid(mutation: Mutation) throws {
    let report = try mutation.verify()
    let found = Set(report.findings.map(\.code))
    let text = report.findings.map { "\($0.code.rawValue) \($0.location): \($0.message)" }
    #expect(found == mutation.also.union([mutation.code]), "found: \(text)")
  }

  @Test func everyCodeHasABrokenTree() {
    let tested = Set(Mutation.all.map(\.code))
    #expect(FindingCode.allCases.filter { !tested.contains($0) } == [])
  }

  /// What a finding says of itself is what the list of checks says.
  @Test func everyCodeSaysWhatMustHold() {
    for code in FindingCode.allCases {
      #expect(code.check.title.count > 10, "\(code)")
      #expect(code.rawValue.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "-" }, "\(code)")
    }
    let ruled = Set(FindingCode.allCases.flatMap(\.check.rules))
    #expect(ruled == Set(1...23), "rules of the checklist without a check: \(Set(1...23).subtracting(ruled))")
  }
}
