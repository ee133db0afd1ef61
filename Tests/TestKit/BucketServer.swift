internal import Foundation
internal import Synchronization

/// An S3 of the test's own on 127.0.0.1 (`Tests/Buckets/s3server.py`), which can be told to misbehave: faults in, what
/// was asked of it and what it holds out. It ends with its owner.
package final class BucketServer: Sendable {
  /// One for all tests of a process, each of which makes a bucket of its own in it.
  package static let shared = Result { try BucketServer() }

  package let port: Int
  private let process: RunningCommand

  package static let accessKey = "AKTEST"
  package static let secret = "SKsecret/123"

  /// `port` 0 is any free one; a `state` file keeps what it has over a restart.
  package init(port: Int = 0, state: String? = nil) throws {
    process = try Shell.start(
      "python3",
      [Checkout.path("Tests/Buckets/s3server.py"), "--port", String(port)]
        + (state.map { ["--state", $0] } ?? []))
    var found: Int?
    let isUp = process.wait(
      until: { [process] in
        found = process.outputSoFar.split(separator: "\n").first.flatMap { Int($0) }
        return found != nil
      }, timeout: 60)
    guard isUp, let found else {
      throw ServerFailure(what: "s3server.py did not start: \(process.errorsSoFar)")
    }
    self.port = found
  }

  deinit { process.send(SIGKILL) }

  package var isRunning: Bool { process.isRunning }
  package func kill() { process.send(SIGKILL) }

  package var endpoint: String { "http://127.0.0.1:\(port)" }

  /// What a command needs to reach it.
  package var environment: [String: String] {
    Self.nobody.merging(["AWS_ENDPOINT_URL": endpoint]) { _, own in own }
  }

  /// The keys alone, and nothing of whoever runs the tests: an empty value removes a variable.
  package static let nobody = [
    "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secret, "AWS_PROFILE": "",
    "AWS_SESSION_TOKEN": "",
    "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "", "AWS_REGION": "eu-test-1",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
  ]

  package func makeBucket(_ name: String) throws { try control(["bucket": name]) }

  /// `{"match": …, "do": …}`, as the server describes them.
  package func inject(_ faults: [[String: any Sendable]]) throws { try control(["faults": faults]) }

  private func control(_ wish: [String: Any]) throws {
    let body = [UInt8](try JSONSerialization.data(withJSONObject: wish))
    guard try SmallHTTP.send("POST", port, "/_control", body: body).status == 200 else {
      throw ServerFailure(what: "the server took no faults")
    }
  }

  /// One request that it was sent.
  package struct Line: Decodable, Sendable {
    package var method: String
    package var key: String
    package var query: [String: String]
    package var status: Int
  }

  package struct Object: Decodable, Sendable {
    package var bytes: Int
    package var sha256: String
    package var headers: [String: String]
  }

  package struct Contents: Decodable, Sendable {
    package var objects: [String: Object]
    /// Keys of uploads in parts that are open.
    package var uploads: [String]
  }

  package func log(_ bucket: String) throws -> [Line] {
    try JSONDecoder().decode([Line].self, from: Data(SmallHTTP.send("GET", port, "/_log?\(bucket)").body))
  }

  package func contents(_ bucket: String) throws -> Contents {
    try JSONDecoder().decode(
      Contents.self, from: Data(SmallHTTP.send("GET", port, "/_objects?\(bucket)").body))
  }
}

package struct ServerFailure: Error, CustomStringConvertible {
  var what: String
  package var description: String { what }
}

/// One request to a server on this machine, over a connection of its own.
package enum SmallHTTP {
  package struct Answer: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]
  }

  /// `target` as it stands in the request line.
  package static func send(
    _ method: String, _ port: Int, _ target: String, headers: [String: String] = [:], body: [UInt8] = []
  ) throws -> Answer {
    let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw ServerFailure(what: "no socket") }
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
    address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
    let code = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw ServerFailure(what: "nobody listens on \(port)") }
    var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
    let request = Array((head + "\r\n").utf8) + body
    guard
      unsafe Foundation.send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
    else {
      throw ServerFailure(what: "the request was not taken")
    }
    var answer: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = unsafe recv(socket, &block, block.count, 0)
      if got <= 0 { break }
      answer += block[..<got]
    }
    return try parse(answer)
  }

  private static func parse(_ bytes: [UInt8]) throws -> Answer {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)),
      let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { throw ServerFailure(what: "no answer") }
    var headers: [String: String] = [:]
    for line in String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").dropFirst()
    {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    return Answer(status: status, headers: headers, body: Array(bytes[end.upperBound...]))
  }
}
