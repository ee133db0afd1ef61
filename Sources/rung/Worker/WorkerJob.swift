/// What a worker can be asked to do with its source. Its result and its progress are fixed by the case.
enum WorkerJob: Codable, Sendable, Equatable {
  /// Gives an `Examination`, without progress. `name` is what the source is called.
  case examine(name: String)
}

/// The progress of a job that has none.
struct NoProgress: Codable, Sendable, Equatable {}
