internal import Foundation
internal import Isolating
internal import Testing

/// Workers that get nothing done, each in a way of its own.
@Suite struct WatchdogTests {
  private func outcome(
    _ script: String, _ rules: WorkerRules = WorkerRules(stallSeconds: 1), live: LiveWorkers = LiveWorkers()
  ) throws -> Result<String, WorkerFailure> {
    let program = WorkerProgram(path: "/bin/sh", arguments: ["sh", "-c", "read -r line; " + script])
    let worker = try WorkerProcess.start(program, source: nil, rules: rules, live: live)
    do throws(WorkerFailure) {
      return .success(
        try worker.run("work", doing: "testing", onProgress: { (_: Int) in }, onLog: { _ in }) as String)
    } catch {
      return .failure(error)
    }
  }

  @Test(arguments: [
    ("hangs", "sleep 60"), ("computes in circles", "while :; do :; done"), ("is stopped", "kill -STOP $$"),
    (
      "reports the same work again and again",
      "while :; do echo '{\"work\":5}'; sleep 0.2; done"
    ),
    (
      "only talks",
      "while :; do echo '{\"log\":{\"level\":\"info\",\"item\":\"a\",\"message\":\"b\"}}'; sleep 0.01; done"
    ),
  ])
  func aWorkerThatGetsNothingDoneIsEnded(_ what: String, _ script: String) throws {
    let live = LiveWorkers()
    let began = ContinuousClock.now
    #expect(try outcome(script, live: live) == .failure(.stalled(seconds: 1, doing: "testing")), "\(what)")
    #expect(ContinuousClock.now - began < .seconds(20), "\(what)")
    #expect(live.count == 0, "\(what)")
  }

  @Test(arguments: ["{\"progress\":1}", "{\"work\":$n}"])
  func aSlowWorkerThatGetsOnIsLeftAlone(_ line: String) throws {
    let script = """
      for n in 1 2 3 4 5; do sleep 0.5; echo "\(line.replacingOccurrences(of: "\"", with: "\\\""))"; done
      echo '{"result":"done"}'
      """
    #expect(try outcome(script) == .success("done"))
  }

  @Test func processorTimeIsLimited() throws {
    let rules = WorkerRules(stallSeconds: 60, processorSeconds: 1)
    let circling = "while :; do :; done"
    #expect(
      try outcome(circling, rules) == .failure(.died(signal: SIGXCPU, doing: "testing", lastWords: nil)))
  }

  @Test func theFirstReportOfProtectionIsHandedOn() throws {
    let heard = Heard()
    let live = LiveWorkers { heard.add($0) }
    let line =
      "{\"protection\":{\"landlock\":7,\"seccomp\":true,\"noNewPrivileges\":true,\"limits\":true,"
      + "\"filesRefused\":true,\"networkRefused\":true,\"missing\":[]}}"
    for _ in 0..<2 {
      let result = try outcome("echo '\(line)'; echo '{\"result\":\"r\"}'", live: live)
      #expect(result == .success("r"))
    }
    #expect(heard.all.map(\.landlock) == [7])
    #expect(heard.all.first?.isWhole == true)
  }
}

private final class Heard: @unchecked Sendable {
  private let lock = NSLock()
  private var found: [Protection] = []
  func add(_ protection: Protection) { lock.withLock { found.append(protection) } }
  var all: [Protection] { lock.withLock { found } }
}
