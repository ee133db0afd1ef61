internal import Foundation
internal import Media
internal import TestKit
internal import Testing
internal import Verifying

/// One way to break the fixture, and the codes that must then be found: the one that it is a test of, those that follow
/// from the same fault, and no other.
struct Mutation: Sendable, CustomTestStringConvertible {
  enum Base: Sendable { case cmaf, transport, clip, packed }
  enum Stage: Sendable {
    /// Before the inventory is written, so that it stays true.
    case media
    /// After it.
    case tree
  }

  let code: FindingCode
  let name: String
  var base = Base.cmaf
  var stage = Stage.media
  var deep = false
  /// What is verified; the whole tree where it is empty.
  var path = ""
  /// What the same fault breaks as well.
  var also: Set<FindingCode> { Mutation.consequences["\(code.rawValue): \(name)"] ?? [] }
  var player: StubPlayer?
  /// Breaks the kept tree that the whole one is compared with.
  var golden: (@Sendable (inout FileTree) -> Void)?
  let apply: @Sendable (inout FileTree) -> Void

  init(
    _ code: FindingCode, _ name: String, _ base: Base = .cmaf, _ stage: Stage = .media, deep: Bool = false,
    path: String = "", _ apply: @escaping @Sendable (inout FileTree) -> Void
  ) {
    (self.code, self.name, self.base, self.stage, self.deep, self.apply) = (
      code, name, base, stage, deep, apply
    )
    self.path = path
  }

  var testDescription: String { "\(code.rawValue): \(name)" }

  func broken() -> FileTree {
    var tree = base.tree
    apply(&tree)
    if stage == .media, base != .packed { tree.seal() }
    return tree
  }

  func verify() throws -> VerificationReport {
    var options = FileTree.options
    options.player = player
    guard let golden else { return try broken().verify(path, deep: deep, options: options) }
    var kept = base.tree
    golden(&kept)
    return try kept.onDisk { folder in
      options.golden = GoldenTree(folder: folder, isStructure: false)
      return try broken().verify(path, deep: deep, options: options)
    }
  }

  static let all: [Mutation] =
    playlists + times + masters + boxes + bitstreams + transports + inventories + parts + manifests + clips
    + packed + ignores + playbacks + goldens

  static let hls = "packaged/clip/hls/"
  static let master = hls + "master.m3u8"
  static let high = hls + "720p/"
  static let low = hls + "240p/"
  static let sound = hls + "audio-aac-2-en/"
  static let index = high + "index.m3u8"
  static let iframes = high + "iframes.m3u8"
  static let initial = high + "init-0a1b2c3d.mp4"
  static let soundInit = sound + "init-0a1b2c3d.mp4"
  static let first = high + "seg-0a1b2c3d-00001.m4s"
  static let next = high + "seg-0a1b2c3d-00002.m4s"
  static let last = high + "seg-0a1b2c3d-00003.m4s"
  static let soundFirst = sound + "seg-0a1b2c3d-00001.m4s"
  static let stream = high + "seg-0a1b2c3d-00001.ts"
  static let streamNext = high + "seg-0a1b2c3d-00002.ts"
  static let asset = "packaged/clip/asset.json"
  static let manifest = "packaged/clip/parts/manifest.json"
  static let part = "packaged/clip/parts/part-0a1b2c3d-00001.mp4"
  static let partNext = "packaged/clip/parts/part-0a1b2c3d-00002.mp4"
}

extension Mutation.Base {
  var tree: FileTree {
    switch self {
    case .cmaf: .cmaf
    case .transport: .transport
    case .clip: .clip
    case .packed: .packed
    }
  }
}
