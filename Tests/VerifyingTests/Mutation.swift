internal import Testing
internal import Verifying

/// One way to break the fixture, and the code that must then be among the findings.
struct Mutation: Sendable, CustomTestStringConvertible {
  enum Base: Sendable { case cmaf, transport }
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
  let apply: @Sendable (inout TreeFixture) -> Void

  init(
    _ code: FindingCode, _ name: String, _ base: Base = .cmaf, _ stage: Stage = .media, deep: Bool = false,
    _ apply: @escaping @Sendable (inout TreeFixture) -> Void
  ) {
    (self.code, self.name, self.base, self.stage, self.deep, self.apply) = (
      code, name, base, stage, deep, apply
    )
  }

  var testDescription: String { "\(code.rawValue): \(name)" }

  func broken() -> TreeFixture {
    var tree = base == .cmaf ? TreeFixture.cmaf : TreeFixture.transport
    apply(&tree)
    if stage == .media { tree.seal() }
    return tree
  }

  static let all: [Mutation] =
    playlists + times + masters + boxes + bitstreams + transports + inventories + parts + manifests

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
