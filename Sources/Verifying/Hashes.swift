internal import Foundation
internal import Synchronization

/// What a verification is asked to do, and with what: values and functions from outside.
package struct VerifyOptions: Sendable {
  /// Looks at every sample, not only at the first of each fragment.
  package var deep = false
  /// Makes the hashes that objects are held against; without it only the form of hashes is judged.
  package var makeHash: (@Sendable () throws -> any RunningHash)?
  /// Hashes, by path, that somebody has just read from the files: these are not read again for them.
  package var knownHashes: [String: String] = [:]
  /// Plays renditions in a process of its own; without it nothing is decoded.
  package var player: (any RenditionPlayer)?
  /// A kept tree that documents are compared with.
  package var golden: GoldenTree?
  package var ignores = Ignores()
  package var isCancelled: @Sendable () -> Bool = { false }

  package init() {}
}

/// Who says which hash of which file, and what the files' hashes are: claims in while documents are read, hashes in
/// while segments are, findings out at the end. What nothing else has read is read then, on two threads.
final class HashLedger {
  struct Claim {
    var code: FindingCode
    /// The document that says it.
    var document: String
    var file: String
    var name: String
    var hash: String
  }

  private static let lanes = 2
  private let options: VerifyOptions
  private var claims: [Claim] = []
  private var known: [String: String]

  init(_ options: VerifyOptions) { (self.options, known) = (options, options.knownHashes) }

  func claim(_ claim: Claim) { claims.append(claim) }

  /// Which files somebody waits for the hash of.
  var wanted: Set<String> {
    options.makeHash == nil ? [] : Set(claims.map(\.file)).subtracting(known.keys)
  }

  func take(_ hashes: [String: String]) { known.merge(hashes) { first, _ in first } }

  func settle(_ findings: Findings) {
    guard options.makeHash != nil || !known.isEmpty else { return }
    if options.makeHash != nil { take(hashes(of: wanted.sorted(), findings)) }
    for claim in claims {
      guard let real = known[claim.file] else {
        if options.makeHash != nil, !options.isCancelled() {
          findings.add(claim.code, claim.document, "\(claim.name) cannot be read to hash it")
        }
        continue
      }
      if real.lowercased() != claim.hash {
        findings.add(
          claim.code, claim.document, "sha256 of \(claim.name) is \(claim.hash), expected \(real)")
      }
    }
    claims = []
  }

  private func hashes(of paths: [String], _ findings: Findings) -> [String: String] {
    let next = Atomic<Int>(0)
    let result = Mutex<[String: String]>([:])
    let options = options
    DispatchQueue.concurrentPerform(iterations: min(Self.lanes, paths.count)) { _ in
      while !options.isCancelled() {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < paths.count else { return }
        guard let hash = try? options.makeHash?(), let file = InputFile.open(paths[index], hash: hash),
          let found = file.finishHash()
        else { continue }
        result.withLock { $0[paths[index]] = found }
      }
    }
    return result.withLock { $0 }
  }
}

/// Opens the files of one rendition one after another, keeps the last one open, and hashes those that somebody waits
/// for the hash of while their segments are read.
final class SegmentFiles {
  private let wanted: Set<String>
  private let makeHash: (@Sendable () throws -> any RunningHash)?
  private var current: InputFile?
  private(set) var hashes: [String: String] = [:]

  init(wanted: Set<String>, makeHash: (@Sendable () throws -> any RunningHash)?) {
    (self.wanted, self.makeHash) = (wanted, makeHash)
  }

  func open(_ path: String) -> InputFile? {
    if let current, current.path == path { return current }
    finish()
    let isWanted = wanted.contains(path) && hashes[path] == nil
    current = InputFile.open(path, hash: isWanted ? try? makeHash?() : nil)
    return current
  }

  /// Ends with the file that is open.
  func finish() {
    if let current, let hash = current.finishHash() { hashes[current.path] = hash }
    current = nil
  }
}
