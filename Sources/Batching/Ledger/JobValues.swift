/// What the inbox says about an upload that is to be made.
package struct Upload: Sendable, Equatable {
  package var id: String
  package var source: String
  package var bytes: Int64
  package var creator: String?
  package var title: String?
  package var ladder: String?
  package var maxHeight: Int?
  package var captions: String?
  package var assetKey: String?
  package var policy: AssetPolicy

  package init(
    id: String, source: String, bytes: Int64, creator: String? = nil, title: String? = nil,
    ladder: String? = nil, maxHeight: Int? = nil, captions: String? = nil, assetKey: String? = nil,
    policy: AssetPolicy = AssetPolicy()
  ) {
    self.id = id
    self.source = source
    self.bytes = bytes
    self.creator = creator
    self.title = title
    self.ladder = ladder
    self.maxHeight = maxHeight
    self.captions = captions
    self.assetKey = assetKey
    self.policy = policy
  }
}

/// A job with the asset that it makes.
package struct LedgerJob: Sendable, Equatable {
  package var job: JobRecord
  package var asset: AssetRecord
}

/// What came of a job, as its `asset.json` says.
package struct FinishedJob: Sendable, Equatable {
  package var sha256: String
  package var bytes: Int64
  package var durationMilliseconds: Int64?
  package var width: Int?
  package var height: Int?
  package var hasAudio: Bool
  package var assetKey: String
  package var manifestKey: String
  package var thumbnailKey: String?
  package var recipe: String
  package var bytesOut: Int64
  package var renditions: [RenditionRow]
  package var milliseconds: [JobStage: Int64] = [:]
  package var totalMilliseconds: Int64?

  package init(
    sha256: String, bytes: Int64, durationMilliseconds: Int64?, width: Int?, height: Int?, hasAudio: Bool,
    assetKey: String, manifestKey: String, thumbnailKey: String?, recipe: String, bytesOut: Int64,
    renditions: [RenditionRow]
  ) {
    self.sha256 = sha256
    self.bytes = bytes
    self.durationMilliseconds = durationMilliseconds
    self.width = width
    self.height = height
    self.hasAudio = hasAudio
    self.assetKey = assetKey
    self.manifestKey = manifestKey
    self.thumbnailKey = thumbnailKey
    self.recipe = recipe
    self.bytesOut = bytesOut
    self.renditions = renditions
  }
}

/// Why a job failed.
package struct JobFailure: Error, Sendable, Equatable {
  package var reason: String
  /// A short stable word: `input`, `timeout`, `stalled`, `crash`, `disk`.
  package var code: String
  package var isRetryable: Bool

  package init(reason: String, code: String, isRetryable: Bool) {
    self.reason = reason
    self.code = code
    self.isRetryable = isRetryable
  }
}

extension JobFailure {
  /// The code of a child that died of itself: two of them and the upload is put aside.
  package static let crash = "crash"
}
