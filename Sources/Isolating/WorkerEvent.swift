internal import Foundation

/// The lines of the protocol, one JSON object each. To the worker: `{"job": …}`. From it: `{"progress": …}` and
/// `{"log": …}` any number of times, then one of `{"result": …}` and `{"failure": …}`. Before its first request it says
/// `{"protection": …}`, and while it works, now and then, `{"work": …}`: how much it has done since its start.
enum WorkerProtocol {
  /// More than any report needs: an hour of pictures is some 300 kB.
  static let longestLine = 64 << 20
  static let newline = UInt8(ascii: "\n")
  /// Says who started a worker: without it `rung worker` refuses, since nobody would talk to it.
  static let parentVariable = "RUNG_PARENT"
  /// What it may take of the machine.
  static let rulesVariable = "RUNG_RULES"
  static let requestDescriptor: Int32 = 0
  static let eventDescriptor: Int32 = 1
  static let logDescriptor: Int32 = 2
  static let sourceDescriptor: Int32 = 3

  static func line(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value)) + [newline]
  }
}

struct JobLine<Job: Encodable>: Encodable { var job: Job }
struct JobRequest<Job: Decodable>: Decodable { var job: Job }
struct ProgressLine<Progress: Encodable>: Encodable { var progress: Progress }
struct ProtectionLine: Encodable { var protection: Protection }
struct WorkLine: Encodable { var work: Int }
struct LogLine: Encodable { var log: WorkerLog }
struct ResultLine<Result: Encodable>: Encodable { var result: Result }
struct FailureLine: Encodable { var failure: WorkerError }

/// One event as the parent reads it.
enum WorkerEvent<Result: Decodable, Progress: Decodable>: Decodable {
  case progress(Progress)
  case protection(Protection)
  case work(Int)
  case log(WorkerLog)
  case result(Result)
  case failure(WorkerError)

  enum CodingKeys: String, CodingKey { case progress, protection, work, log, result, failure }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard container.allKeys.count == 1, let key = container.allKeys.first else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "not one event"))
    }
    switch key {
    case .progress: self = .progress(try container.decode(Progress.self, forKey: key))
    case .protection: self = .protection(try container.decode(Protection.self, forKey: key))
    case .work: self = .work(try container.decode(Int.self, forKey: key))
    case .log: self = .log(try container.decode(WorkerLog.self, forKey: key))
    case .result: self = .result(try container.decode(Result.self, forKey: key))
    case .failure: self = .failure(try container.decode(WorkerError.self, forKey: key))
    }
  }
}
