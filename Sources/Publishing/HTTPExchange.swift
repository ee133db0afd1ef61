/// One request as libcurl is to send it.
struct HTTPRequest: Sendable {
  enum Body: Sendable {
    case none
    case bytes([UInt8])
    case file(FileRange)

    var count: Int64 {
      switch self {
      case .none: 0
      case .bytes(let bytes): Int64(bytes.count)
      case .file(let range): range.bytes
      }
    }
  }

  var method: String
  var url: String
  /// Signed, all of them.
  var headers: [(name: String, value: String)]
  var body: Body
}

/// What came back: the status, headers under names in lower case, and a body of at most `longestBody` bytes.
struct HTTPAnswer: Sendable {
  static let longestBody = 32 << 20

  var status = 0
  var headers: [String: String] = [:]
  var body: [UInt8] = []
}

/// Why there was no answer, in libcurl's words.
struct HTTPFailure: Error, Sendable, Equatable {
  enum Kind: Sendable { case connection, trust, cancelled, library, unreadableFile(Int32) }

  var kind: Kind
  var words: String

  static func == (left: HTTPFailure, right: HTTPFailure) -> Bool { left.words == right.words }
}
