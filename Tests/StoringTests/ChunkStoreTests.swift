import Foundation
import Storing
import Testing

@Suite struct ChunkStoreTests {
  let folder: TemporaryFolder
  let tree: Tree
  let key: String

  init() throws {
    folder = try TemporaryFolder()
    tree = try Tree.open(folder.path)
    key = try ChunkStore.key(of: ["source", "plan"])
  }

  func store(_ key: String? = nil, now: Int64 = 1000) throws -> ChunkStore {
    try ChunkStore.open(tree, key: key ?? self.key, now: now)
  }

  @discardableResult
  func add(_ text: String, as name: String, to store: ChunkStore) throws -> String {
    let path = try store.path(for: name)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return try store.adopt(name, from: path)
  }

  func files(_ key: String? = nil) throws -> [String] {
    let path = folder.path + "/.rung/chunks/" + (key ?? self.key)
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: path).filter { $0 != "used" }.sorted()
  }

  @Test func keysTellPartsApart() throws {
    #expect(SHA256.isHex(key))
    #expect(try ChunkStore.key(of: ["source", "plan"]) == key)
    #expect(try ChunkStore.key(of: ["sourcep", "lan"]) != key)
    #expect(try ChunkStore.key(of: ["source", "plan", ""]) != key)
    for wrong in ["", "../x", String(repeating: "A", count: 64)] {
      #expect(throws: StoreFailure.self) { try store(wrong) }
    }
  }

  @Test func whatWasAdoptedIsFoundByTheNextRun() throws {
    var path = ""
    do {
      let first = try store()
      #expect(try first.find("chunk-0001-480p") == nil)
      path = try add("packets", as: "chunk-0001-480p", to: first)
      #expect(try first.find("chunk-0001-480p") == path)
      #expect(try first.find("chunk-0001") == nil)
    }
    let second = try store()
    #expect(try second.find("chunk-0001-480p") == path)
    #expect(FileManager.default.contents(atPath: path) == Data("packets".utf8))
  }

  @Test(arguments: ["", "packet", "packetS", "packets and more"])
  func whatWasAlteredIsRemoved(_ text: String) throws {
    let store = try store()
    let path = try add("packets", as: "a", to: store)
    try add("others", as: "b", to: store)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    #expect(try store.find("a") == nil)
    #expect(try files().map { $0.prefix(2) } == ["b."])
    #expect(try add("packets", as: "a", to: store) == path)
    #expect(try store.find("a") == path)
  }

  /// What stands in a file's place is no reason to fail, and leads nowhere else.
  @Test(arguments: ["folder", "link", "pipe"])
  func whatIsNoFileIsRemoved(_ kind: String) throws {
    let manager = FileManager.default
    let outside = folder.path + "/outside"
    try folder.write("packets", to: "outside")
    var path = ""
    do {
      let store = try store()
      path = try add("packets", as: "a", to: store)
      try manager.removeItem(atPath: path)
      let mark = folder.path + "/.rung/chunks/\(key)/used"
      try manager.removeItem(atPath: mark)
      for place in [path, mark, folder.path + "/.rung/chunks/\(key)/b.0.tmp"] {
        switch kind {
        case "folder": try manager.createDirectory(atPath: place + "/in", withIntermediateDirectories: true)
        case "link": try manager.createSymbolicLink(atPath: place, withDestinationPath: outside)
        default: try #require(unsafe mkfifo(place, 0o600) == 0)
        }
      }
      #expect(try store.find("a") == nil)
    }
    let store = try store(now: 5000)
    #expect(try files() == [])
    #expect(try add("packets", as: "a", to: store) == path)
    #expect(try store.find("a") == path)
    #expect(manager.contents(atPath: outside) == Data("packets".utf8))
  }

  @Test func halfWrittenFilesGoWhenNobodyElseWrites() throws {
    var half = ""
    do {
      let first = try store()
      half = try first.path(for: "a")
      try Data("half".utf8).write(to: URL(fileURLWithPath: half))
      // A second user at the same time leaves it.
      let second = try store()
      #expect(try second.find("a") == nil)
      #expect(try files() == [(half as NSString).lastPathComponent])
      withExtendedLifetime(first) {}
    }
    #expect(try store().find("a") == nil)
    #expect(try files() == [])
  }

  @Test func namesThatLeadElsewhere() throws {
    let store = try store()
    for name in ["../a", "a/b", "", ".a"] {
      #expect(throws: StoreFailure.self) { try store.path(for: name) }
      #expect(throws: StoreFailure.self) { try store.find(name) }
    }
  }

  @Test func removing() throws {
    let first = try store()
    try add("packets", as: "a", to: first)
    do {
      let second = try store()
      #expect(try first.remove() == false)
      #expect(try second.find("a") != nil)
    }
    #expect(try first.remove())
    #expect(try leftovers(folder.path) == [])
  }

  // MARK: Cleaning

  /// Three stores of 100 bytes, last used at 1000, 2000 and 3000.
  func fill() throws -> [String] {
    let keys = try ["x", "y", "z"].map { try ChunkStore.key(of: [$0]) }
    for (index, key) in keys.enumerated() {
      let store = try store(key, now: Int64(1000 * (index + 1)))
      try add(String(repeating: "p", count: 100), as: "a", to: store)
    }
    return keys
  }

  @Test func cleaningByAge() throws {
    let keys = try fill()
    let cleaned = ChunkStore.clean(tree, olderThan: 1500, maxBytes: nil, now: 3500)
    #expect(cleaned == ChunkStore.Cleaning(removed: [keys[0]], bytes: 100))
    #expect(try keys.map { try files($0).count } == [0, 1, 1])
    #expect(ChunkStore.clean(tree, olderThan: nil, maxBytes: nil, now: 1 << 40) == ChunkStore.Cleaning())
  }

  @Test func cleaningBySizeTakesTheLongestUnusedFirst() throws {
    let keys = try fill()
    _ = try store(keys[0], now: 2500)
    let cleaned = ChunkStore.clean(tree, olderThan: nil, maxBytes: 100, now: 4000)
    #expect(cleaned.removed == [keys[1], keys[0]])
    #expect(try keys.map { try files($0).count } == [0, 0, 1])
  }

  @Test func cleaningLeavesWhatIsKeptOrInUse() throws {
    let keys = try fill()
    let used = try store(keys[0], now: 1000)
    let cleaned = ChunkStore.clean(tree, olderThan: 0, maxBytes: 0, keeping: [keys[1]], now: 9000)
    #expect(cleaned.removed == [keys[2]])
    #expect(try used.find("a") != nil)
    #expect(try files(keys[1]).count == 1)
  }

  /// One store that cannot be removed does not keep the others.
  @Test func cleaningGoesOnPastDifficulties() throws {
    let keys = try fill()
    let broken = folder.path + "/.rung/chunks/" + keys[0]
    try FileManager.default.removeItem(atPath: broken)
    try folder.write("a file where a folder was", to: ".rung/chunks/" + keys[0])
    let cleaned = ChunkStore.clean(tree, olderThan: 0, maxBytes: 0, now: 1 << 40)
    #expect(cleaned.removed == [keys[1], keys[2]])
    #expect(cleaned.failures == [.notAFolder(path: broken)])
  }

  @Test func anotherProcessUsesAndLocksIt() async throws {
    let store = try store()
    let path = folder.path
    let key = key
    await #expect(processExitsWith: .success) { [path = path as String, key = key as String] in
      let tree = try Tree.open(path)
      #expect(ChunkStore.clean(tree, olderThan: 0, maxBytes: 0, now: 9000).removed == [])
      let store = try ChunkStore.open(tree, key: key, now: 1001)
      let temporary = try store.path(for: "a")
      try Data("packets".utf8).write(to: URL(fileURLWithPath: temporary))
      _ = try store.adopt("a", from: temporary)
      #expect(try store.remove() == false)
    }
    #expect(try store.find("a") != nil)
  }

  /// Opening, adding and cleaning at once: nobody fails, and what is found is whole.
  @Test func manyAtOnce() async throws {
    let tree = tree
    let key = key
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          for round in 0..<50 {
            if worker == 3 {
              #expect(
                ChunkStore.clean(tree, olderThan: -1, maxBytes: 0, now: Int64(round)).failures == [])
              continue
            }
            let store = try ChunkStore.open(tree, key: key, now: Int64(round))
            let temporary = try store.path(for: "a")
            try Data("packets".utf8).write(to: URL(fileURLWithPath: temporary))
            let path = try store.adopt("a", from: temporary)
            let found = try store.find("a")
            #expect(found == path)
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
