internal import Synchronization

/// What a publisher is asked for.
package struct PublishOptions: Sendable {
  package var address: BucketAddress
  /// Requests at a time.
  package var parallel: Int
  /// Larger objects go up in parts of this size.
  package var partBytes: Int64
  /// How long objects stay that nothing leads to any more, for players that still have the old playlists.
  package var graceSeconds: Int64
  /// Asks the bucket about every object instead of believing the memory.
  package var checks: Bool
  package var retry: RetryRule
  package var stallSeconds: Int

  package init(
    address: BucketAddress, parallel: Int = 8, partBytes: Int64 = 32 << 20, graceSeconds: Int64 = 3600,
    checks: Bool = false, retry: RetryRule = RetryRule(), stallSeconds: Int = 60
  ) {
    self.address = address
    self.parallel = parallel
    self.partBytes = partBytes
    self.graceSeconds = graceSeconds
    self.checks = checks
    self.retry = retry
    self.stallSeconds = stallSeconds
  }
}

/// Called as publishing goes on, from any of its threads.
package struct PublishObserver: Sendable {
  /// Steps that change what a killed run leaves behind: tests stop a run there.
  package enum Step: Equatable, Sendable {
    case send(String)
    case sendPart(String, Int)
    case finishUpload(String)
    case stage(PublishStage)
    case retire
    case delete(String)
    case forget
  }

  package var before: @Sendable (Step) throws(PublishFailure) -> Void
  /// What is to go up: objects and their bytes.
  package var planned: @Sendable (Int, Int64) -> Void
  /// That many bytes more are there.
  package var advanced: @Sendable (Int64) -> Void
  /// An object is there: its key, and whether it had to be sent.
  package var arrived: @Sendable (String, Bool) -> Void

  package init(
    before: @escaping @Sendable (Step) throws(PublishFailure) -> Void = { (_) throws(PublishFailure) in },
    planned: @escaping @Sendable (Int, Int64) -> Void = { _, _ in },
    advanced: @escaping @Sendable (Int64) -> Void = { _ in },
    arrived: @escaping @Sendable (String, Bool) -> Void = { _, _ in }
  ) {
    self.before = before
    self.planned = planned
    self.advanced = advanced
    self.arrived = arrived
  }
}

/// What one asset's publishing came to.
package struct PublishSummary: Sendable, Equatable {
  package var id: String
  package var uploaded = 0
  package var uploadedBytes: Int64 = 0
  /// There already, and left alone.
  package var unchanged = 0
  /// Retired, to be deleted after the grace.
  package var retired = 0
  /// With checking: wanted objects that the bucket did not have as they are.
  package var differing: [String] = []
  /// With checking: objects in the asset's folder that nobody knows.
  package var unknown: [String] = []
}

/// What the tasks of one publishing share.
final class PublishContext: Sendable {
  let id: String
  let client: S3Client
  let options: PublishOptions
  let target: String
  let memory: any PublishMemory
  let observer: PublishObserver
  let stop: StopFlag
  /// Uploads in parts that were begun or taken up and are not finished.
  let open = Mutex<[MultipartUpload]>([])

  init(
    id: String, client: S3Client, options: PublishOptions, target: String, memory: any PublishMemory,
    observer: PublishObserver, stop: StopFlag
  ) {
    self.id = id
    self.client = client
    self.options = options
    self.target = target
    self.memory = memory
    self.observer = observer
    self.stop = stop
  }

  func key(_ key: String) -> String { options.address.key(key) }

  func run(_ tasks: [any CrewTask]) throws(PublishFailure) {
    try Crew.run(tasks, threads: options.parallel, stop: stop)
  }
}
