internal import Foundation

/// `rclone serve s3` on 127.0.0.1 over a folder whose folders are its buckets. A server that others wrote, if it can be
/// had here: `.ci/rclone` says why not.
package final class RcloneServer: Sendable {
  /// Nothing where there is no rclone.
  package static let path: String? = {
    guard let found = try? Shell.run(Checkout.path(".ci/rclone"), timeout: 150), found.succeeded else {
      return nil
    }
    return found.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }()

  package let endpoint: String
  private let process: RunningCommand

  /// `isPublic`: anybody may read and write, as behind a web address.
  package init(folder: String, isPublic: Bool = false) throws {
    guard let path = Self.path else { throw ServerFailure(what: "there is no rclone") }
    let keys = isPublic ? [] : ["--auth-key", "\(BucketServer.accessKey),\(BucketServer.secret)"]
    let process = try Shell.start(
      path,
      ["serve", "s3", "--addr", "127.0.0.1:0", "--config", "/dev/null", "--vfs-cache-mode", "off"] + keys + [
        folder
      ])
    var found: String?
    let isUp = process.wait(
      until: {
        let words = process.errorsSoFar
        guard let start = words.range(of: "[http://"),
          let end = words[start.upperBound...].firstIndex(of: "]")
        else {
          return false
        }
        found = "http://" + words[start.upperBound..<end].split(separator: "/")[0]
        return true
      }, timeout: 60)
    guard isUp, let found else {
      process.send(SIGKILL)
      throw ServerFailure(what: "rclone did not start: \(process.errorsSoFar)")
    }
    (self.process, endpoint) = (process, found)
  }

  deinit { process.send(SIGKILL) }

  package var environment: [String: String] {
    BucketServer.nobody.merging(["AWS_ENDPOINT_URL": endpoint]) { _, own in own }
  }
}

/// A real nginx on 127.0.0.1 that serves one folder under rules of its own; `nginx` is looked for in PATH and where
/// Debian puts it.
package final class NginxServer: Sendable {
  package static let path: String? =
    Shell.find("nginx") ?? ["/usr/sbin/nginx"].first { FileManager.default.isExecutableFile(atPath: $0) }

  package let port: Int
  private let process: RunningCommand
  private let folder: TemporaryFolder

  package init(root: String, rules: String) throws {
    guard let path = Self.path else { throw ServerFailure(what: "there is no nginx") }
    folder = try TemporaryFolder("nginx")
    try folder.write(rules, "rules.conf")
    // A free port has to be found by trying: nginx takes no 0.
    for _ in 0..<20 {
      let port = Int.random(in: 20_000..<60_000)
      let home = folder.path
      let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
        "\($0)_temp_path \(home)/\($0);"
      }
      try folder.write(
        """
        daemon off; master_process off; pid \(home)/pid; error_log \(home)/errors warn;
        events { worker_connections 64; }
        http {
          access_log off; \(temporary.joined(separator: " "))
          server { listen 127.0.0.1:\(port); root \(root); include \(home)/rules.conf; }
        }
        """, "nginx.conf")
      let process = try Shell.start(path, ["-p", home, "-e", "\(home)/errors", "-c", "\(home)/nginx.conf"])
      if process.wait(
        until: { (try? SmallHTTP.send("GET", port, "/")) != nil }, timeout: 30), process.isRunning
      {
        (self.port, self.process) = (port, process)
        return
      }
      process.send(SIGKILL)
      let errors = (try? String(contentsOfFile: "\(home)/errors", encoding: .utf8)) ?? ""
      guard errors.contains("in use") else {
        throw ServerFailure(what: "nginx: \(errors)\(process.errorsSoFar)")
      }
    }
    throw ServerFailure(what: "nginx found no free port")
  }

  deinit { process.send(SIGKILL) }
}
