internal import Foundation
internal import TestKit
internal import Testing

/// An independent checker, if somebody has one: `RUNG_HLSCHECK` names it, or it lies beside the checkout.
enum Checker {
  static let path: String? = {
    let named = ProcessInfo.processInfo.environment["RUNG_HLSCHECK"]
    return [named, Checkout.path("../shared/tools/hlscheck.py")].compactMap { $0 }
      .first { FileManager.default.fileExists(atPath: $0) }
  }()
}

extension EndToEnd {
  @Suite struct CheckerTests {
    @Test(
      .enabled(
        if: Checker.path != nil && Shell.find("python3") != nil, "no independent checker here (RUNG_HLSCHECK)"
      ),
      arguments: PackageTests.clips)
    func findsNoError(_ fixture: String, _ segments: String) throws {
      let checker = try #require(Checker.path)
      let asset = try Packaged.asset(fixture, segments)
      let result = try Shell.run("python3", [checker, asset.master, "--deep", "--root", asset.tree])
      #expect(result.exit == 0, "\(fixture) \(segments): \(result)")
    }
  }
}
