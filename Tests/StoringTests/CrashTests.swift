import Foundation
import Media
import Storing
import Testing

/// What is replaced by what, and how: every way in which a commit can go.
struct CrashCase: Sendable, Codable, CustomTestStringConvertible {
  var name: String
  var old: Bool
  var isSingle: Bool
  var allowsExchange = true
  var testDescription: String { name }

  var layout: Layout { isSingle ? Layouts.single("a") : Layouts.several("a") }
  var oldAsset: SampleAsset { SampleAsset(layout: layout, edition: 3) }
  var newAsset: SampleAsset { SampleAsset(layout: layout, edition: 2) }
  /// Another asset that shares folders with this one and must never change.
  var neighbour: SampleAsset {
    SampleAsset(layout: isSingle ? Layouts.single("b") : Layouts.several("b"), edition: 1)
  }

  static let all = [
    CrashCase(name: "first, one folder", old: false, isSingle: true),
    CrashCase(name: "replacing, one folder", old: true, isSingle: true),
    CrashCase(name: "replacing, one folder, no exchange", old: true, isSingle: true, allowsExchange: false),
    CrashCase(name: "first, several roots", old: false, isSingle: false),
    CrashCase(name: "replacing, several roots", old: true, isSingle: false),
  ]

  func prepare(_ folder: String) throws {
    try neighbour.make(in: folder, replacing: false)
    if old { try oldAsset.make(in: folder, replacing: false) }
  }

  func run(_ folder: String, _ steps: StepObserver) throws {
    try newAsset.make(in: folder, replacing: old, steps: steps)
  }

  /// The whole trees that may be found: without the new asset, and with it.
  func outcomes() throws -> (before: [String: String], after: [String: String]) {
    let beside = try neighbour.expected()
    let before = old ? try oldAsset.expected() : [:]
    return (
      beside.merging(before) { first, _ in first },
      beside.merging(try newAsset.expected()) { first, _ in first }
    )
  }

  func countSteps() throws -> [StepObserver.Step] {
    let folder = try TemporaryFolder()
    try prepare(folder.path)
    let counter = StepCounter()
    try run(folder.path, counter.observer(allowsExchange: allowsExchange))
    return counter.steps
  }

  /// The tree before recovery: whole but for a journal's moves; and after: one of the outcomes, nothing left over.
  func checkAfterCrash(_ folder: String, _ what: String) throws {
    let (before, after) = try outcomes()
    let hasJournal = FileManager.default.fileExists(atPath: folder + "/.rung/commit/a.json")
    let found = try visible(folder)
    #expect(hasJournal || found == before || found == after, "\(what)")
    let tree = try Tree.open(folder)
    let recoveries = try tree.recover()
    #expect(!hasJournal || recoveries == [.rolledForward(id: "a")], "\(what)")
    let recovered = try visible(folder)
    #expect(recovered == after || (!hasJournal && recovered == before), "\(what)")
    #expect(try leftovers(folder) == [], "\(what)")
    #expect(try tree.recover() == [], "\(what)")
  }
}

@Suite struct CrashTests {
  @Test(arguments: CrashCase.all)
  func theWholeWayWithoutACrash(_ test: CrashCase) throws {
    let folder = try TemporaryFolder()
    try test.prepare(folder.path)
    let counter = StepCounter()
    try test.run(folder.path, counter.observer(allowsExchange: test.allowsExchange))
    #expect(try visible(folder.path) == test.outcomes().after)
    #expect(try leftovers(folder.path) == [])
    let usesJournal = !test.isSingle || !test.allowsExchange
    #expect(counter.steps.contains(.writeJournal) == usesJournal)
    #expect(counter.steps.contains(.renameAsset("packaged/a")) == (test.isSingle && !test.old))
    #expect(counter.steps.contains(.exchangeAssets("packaged/a")) == (test.isSingle && test.old))
  }

  @Test func aJournalMovesMediaThenPlaylistsThenTheMasterThenTheInventory() throws {
    let test = CrashCase(name: "", old: true, isSingle: false)
    let keys = try test.countSteps().compactMap { step -> String? in
      switch step {
      case .move(let key): key
      case .removeOld(let key): "- " + key
      default: nil
      }
    }
    let new = try test.newAsset.expected().keys.filter { $0.hasSuffix(".ts") }.sorted()
    let old = try test.oldAsset.expected().keys.filter { $0.hasSuffix(".ts") }.sorted()
    #expect(
      keys == new + ["thumbnails/a.jpg", "hls/a/480p.m3u8", "hls/a/playlist.m3u8", "packaged/a/asset.json"]
        + old.map { "- " + $0 })
  }

  /// A failure of the disk at every step.
  @Test(arguments: CrashCase.all)
  func aFailureAtEveryStep(_ test: CrashCase) throws {
    let steps = try test.countSteps()
    #expect(steps.count > 10)
    for number in 1...steps.count {
      let folder = try TemporaryFolder()
      try test.prepare(folder.path)
      let counter = StepCounter()
      let observer = counter.observer(at: number, allowsExchange: test.allowsExchange) {
        () throws(StoreFailure) in throw .diskFull(path: "here")
      }
      let what = "step \(number): \(steps[number - 1])"
      // The asset is in place when only the staging is left to be removed: no failure of the command.
      if steps[number - 1] == .removeStaging,
        steps[..<(number - 1)].contains(.removeStaging) || test.isSingle && test.allowsExchange
      {
        try test.run(folder.path, observer)
      } else {
        #expect(throws: StoreFailure.diskFull(path: "here"), "\(what)") {
          try test.run(folder.path, observer)
        }
      }
      let isDecided = steps[..<(number - 1)].contains(.writeJournal)
      if !isDecided, steps[number - 1] != .removeStaging {
        #expect(try leftovers(folder.path) == [], "\(what)")
      }
      try test.checkAfterCrash(folder.path, what)
    }
  }

  /// Recovery itself stops at each of its steps and is done again.
  @Test func aFailureAtEveryStepOfRecovery() throws {
    let test = CrashCase(name: "", old: true, isSingle: false)
    let steps = try test.countSteps()
    let journal = try #require(steps.firstIndex(of: .writeJournal))
    for crash in (journal + 2)...(steps.count - 2) {
      for number in 1...(steps.count - crash) {
        let folder = try TemporaryFolder()
        try test.prepare(folder.path)
        let stop: @Sendable () throws(StoreFailure) -> Void = { () throws(StoreFailure) in
          throw .diskFull(path: "here")
        }
        #expect(throws: StoreFailure.self) {
          try test.run(folder.path, StepCounter().observer(at: crash, stop: stop))
        }
        let tree = try Tree.open(folder.path, steps: StepCounter().observer(at: number, stop: stop))
        #expect(try tree.recover() == [.failed(id: "a", .diskFull(path: "here"))])
        try test.checkAfterCrash(folder.path, "crash at \(crash), then at \(number) of recovery")
      }
    }
  }

  /// The process is gone at every step: nothing of it runs any more, not even a `deinit`.
  @Test(arguments: CrashCase.all)
  func aDeathAtEveryStep(_ test: CrashCase) async throws {
    let steps = try test.countSteps()
    // A process is dear: until everything is read back, one death of each kind of step will do (failures came at
    // every one of them).
    let check = try #require(steps.firstIndex(of: .check))
    let kinds = steps[..<check].map { String("\($0)".prefix { $0 != "(" }) }
    let first = Set(kinds).compactMap { kinds.firstIndex(of: $0) }.map { $0 + 1 }
    for number in first.sorted() + Array(check + 1...steps.count) {
      let folder = try TemporaryFolder()
      let path = folder.path
      try test.prepare(path)
      await #expect(processExitsWith: .exitCode(99)) {
        [test = test as CrashCase, path = path as String, number = number as Int] in
        try test.run(
          path,
          StepCounter().observer(at: number, allowsExchange: test.allowsExchange) { () throws(StoreFailure) in
            _exit(99)
          })
      }
      try test.checkAfterCrash(path, "step \(number): \(steps[number - 1])")
    }
  }
}
