internal import Foundation
internal import Isolating
internal import Synchronization
internal import Testing

/// A worker that is a shell script: it speaks the protocol, or breaks it.
private func start(_ script: String, source: Int32? = nil, live: LiveWorkers = LiveWorkers()) throws
  -> WorkerProcess
{
  try WorkerProcess.start(
    WorkerProgram(path: "/bin/sh", arguments: ["sh", "-c", script]), source: source, live: live)
}

private struct Seen: Equatable {
  var progress: [Int] = []
  var logs: [WorkerLog] = []
}

/// Runs one job and gives what came back with what was seen on the way.
private func run(_ worker: WorkerProcess, _ job: String = "work") -> (Result<String, WorkerFailure>, Seen) {
  var seen = Seen()
  do throws(WorkerFailure) {
    let result: String = try worker.run(
      job, doing: "testing", onProgress: { (progress: Int) in seen.progress.append(progress) },
      onLog: { seen.logs.append($0) })
    return (.success(result), seen)
  } catch {
    return (.failure(error), seen)
  }
}

/// Answers every request with its own line's job: `{"job":"x"}` becomes `{"result":"x"}`.
private let echo = """
  while read -r line; do line=${line#*:}; echo "{\\"result\\":${line%\\}}}"; done
  """

@Suite struct WorkerProcessTests {
  @Test func progressLogAndResultArriveInOrder() throws {
    let worker = try start(
      """
      read -r line
      echo '{"progress":1}'; echo '{"log":{"level":"info","item":"mov","message":"hello"}}'
      echo '{"progress":2}'; echo '{"result":"done"}'
      """)
    let (result, seen) = run(worker)
    #expect(result == .success("done"))
    #expect(seen.progress == [1, 2])
    #expect(seen.logs == [WorkerLog(level: .info, item: "mov", message: "hello")])
  }

  @Test func oneWorkerTakesManyJobs() throws {
    let worker = try start(echo)
    for job in ["first", "second", "third"] {
      #expect(run(worker, job).0 == .success(job))
    }
  }

  @Test func aJobLargerThanAPipeGoesThrough() throws {
    let job = String(repeating: "x", count: 300_000)
    #expect(run(try start(echo), job).0 == .success(job))
  }

  @Test func aFailureOfTheWorkerLeavesItUsable() throws {
    let worker = try start(
      """
      read -r line
      echo '{"failure":{"code":"no-video","message":"no picture","advice":"add one","isTemporary":false}}'
      read -r line; echo '{"result":"second"}'
      """)
    let expected = WorkerError(code: "no-video", message: "no picture", advice: "add one")
    #expect(run(worker).0 == .failure(.failed(expected)))
    #expect(run(worker).0 == .success("second"))
  }

  @Test func theSignalOfADeadWorkerIsNamed() throws {
    let (result, _) = run(try start("read -r line; echo 'about to crash' >&2; kill -SEGV $$"))
    #expect(result == .failure(.died(signal: SIGSEGV, doing: "testing", lastWords: "about to crash")))
  }

  @Test func theCodeOfAWorkerThatExitedIsNamed() throws {
    let worker = try start("read -r line; exit 7")
    #expect(run(worker).0 == .failure(.exited(code: 7, doing: "testing", lastWords: nil)))
    #expect(run(worker).0 == .failure(.exited(code: 0, doing: "testing", lastWords: nil)))
  }

  @Test func aWorkerThatIsDeadBeforeItsFirstJobIsNoCrash() throws {
    let worker = try start("exit 3")
    usleep(50_000)
    #expect(
      run(worker, String(repeating: "x", count: 200_000)).0
        == .failure(.exited(code: 3, doing: "testing", lastWords: nil)))
  }

  @Test(arguments: ["what?", "{\"progress\":\"one\"}", "{\"result\":\"a\",\"progress\":1}", "{}", "[1]"])
  func whatIsNotOfTheProtocolEndsTheWorker(line: String) throws {
    let live = LiveWorkers()
    let worker = try start("read -r line; echo '\(line)'; sleep 60", live: live)
    #expect(run(worker).0 == .failure(.garbled(line: line, doing: "testing")))
    #expect(live.count == 0)
  }

  @Test func printsBecomeLogLines() throws {
    let (result, seen) = run(try start("read -r line; echo one >&2; echo two >&2; echo '{\"result\":\"r\"}'"))
    #expect(result == .success("r"))
    #expect(seen.logs.map(\.message) == ["one", "two"])
    #expect(seen.logs.allSatisfy { $0.item == "worker" && $0.level == .warning })
  }

  @Test func aClosedStandardErrorDoesNotSpin() throws {
    let before = processorSeconds()
    let (result, _) = run(try start("read -r line; exec 2>&-; sleep 0.4; echo '{\"result\":\"r\"}'"))
    #expect(result == .success("r"))
    #expect(processorSeconds() - before < 0.2)
  }

  /// Of this thread, so that tests beside this one do not count.
  private func processorSeconds() -> Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return .infinity }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  @Test func aGrandchildThatKeepsThePipeDoesNotHangTheParent() throws {
    let began = Date()
    let (result, _) = run(try start("read -r line; sleep 60 & exit 4"))
    #expect(result == .failure(.exited(code: 4, doing: "testing", lastWords: nil)))
    #expect(Date().timeIntervalSince(began) < 10)
  }

  @Test func theSourceIsDescriptorThreeWithAnOffsetOfItsOwn() throws {
    let path = NSTemporaryDirectory() + "/worker-source-\(getpid())"
    try Data("content".utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    lseek(descriptor, 4, SEEK_SET)
    let script = "read -r line; read -r text <&3; echo \"{\\\"result\\\":\\\"$text\\\"}\""
    #expect(run(try start(script, source: descriptor)).0 == .success("content"))
    #expect(lseek(descriptor, 0, SEEK_CUR) == 4)
  }

  @Test func nothingElseIsInherited() throws {
    let leaked = dup(2)
    defer { close(leaked) }
    let script = "read -r line; set -- /proc/self/fd/*; echo \"{\\\"result\\\":\\\"$*\\\"}\""
    // The shell's own reading of the folder is the one more.
    #expect(
      run(try start(script)).0
        == .success((0...3).map { "/proc/self/fd/\($0)" }.joined(separator: " ")))
  }

  @Test func theEnvironmentIsMinimal() throws {
    unsafe setenv("RUNG_TEST_SECRET", "s", 1)
    let script =
      "read -r line; echo \"{\\\"result\\\":\\\"$LANG,$PATH,$HOME,$RUNG_TEST_SECRET,$RUNG_PARENT\\\"}\""
    #expect(run(try start(script)).0 == .success("C,/usr/bin:/bin,,,\(getpid())"))
  }

  @Test func aProgramThatIsNotThereCannotStart() {
    #expect(throws: WorkerFailure.cannotStart(call: "posix_spawn", errno: ENOENT)) {
      try WorkerProcess.start(
        WorkerProgram(path: "/nonexistent/rung", arguments: ["rung"]), source: nil, live: LiveWorkers())
    }
  }
}

@Suite struct LiveWorkersTests {
  @Test func closingFromAnotherThreadEndsARunningJob() throws {
    let live = LiveWorkers()
    let worker = try start("read -r line; echo '{\"progress\":1}'; sleep 60", live: live)
    let began = Date()
    Thread.detachNewThread {
      usleep(200_000)
      live.close()
    }
    #expect(run(worker).0 == .failure(.cancelled))
    #expect(Date().timeIntervalSince(began) < 5)
    #expect(live.count == 0)
    #expect(throws: WorkerFailure.cancelled) { try start("exit 0", live: live) }
  }

  @Test func lettingGoEndsTheWholeProcessGroup() throws {
    let live = LiveWorkers()
    var grandchild: pid_t = 0
    do {
      let worker = try start(
        "read -r line; sleep 60 & echo \"{\\\"result\\\":\\\"$!\\\"}\"; read -r line", live: live)
      grandchild = pid_t(try run(worker).0.get()) ?? 0
      #expect(grandchild > 1)
      #expect(live.count == 1)
      worker.terminate()
    }
    #expect(live.count == 0)
    #expect(hasEnded(grandchild))
  }

  /// Gone, or a zombie that whoever inherited it has not yet reaped.
  private func hasEnded(_ pid: pid_t) -> Bool {
    for _ in 0..<200 {
      guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
        return true
      }
      if status.contains(") Z ") || status.contains(") X ") { return true }
      usleep(10_000)
    }
    return false
  }
}
