internal import Encoding
internal import Foundation
internal import Isolating
internal import Media
internal import Packaging
internal import Pictures
internal import Storing

extension CommandFailure {
  /// Whatever ended a job, in words, with the exit code that belongs to it.
  init(any error: any Error, source: String) {
    switch error {
    case let error as CommandFailure: self = error
    case let error as WorkerFailure: self.init(error, source: source)
    case let error as StoreFailure: self.init(error)
    case let error as PackagingFailure: self.init(source, "\(error)")
    case let error as EncodingFailure: self.init(source, error.message)
    case let error as PicturesFailure: self.init(source, error.message)
    case let error as PartsFailure: self.init(source, "\(error)")
    case let error as PacketFileFailure: self.init(source, "\(error)", advice: "run it again")
    default: self.init(source, "failed: \(error)", advice: "report this as a bug")
    }
  }

  /// What a worker's end means for the source it worked on, in words.
  init(_ failure: WorkerFailure, source: String) {
    let damaged = "the file is probably damaged: convert or export it again"
    switch failure {
    case .cannotStart(let call, let code):
      self = .system(source, "the worker cannot be started (\(call))", errno: code)
    case .died(SIGSYS, let doing, _):
      self.init(
        source,
        "the worker was ended while \(doing): it asked the kernel for something that no decoder needs",
        advice: "the file is probably made to attack: keep it away from other programs", cause: .crash)
    case .died(SIGXCPU, let doing, _):
      self.init(
        source, "the worker was ended while \(doing): it took a day of processor time for it",
        advice: damaged,
        cause: .crash)
    case .stalled(let seconds, let doing):
      self.init(
        source, "the worker got nothing done for \(seconds) s while \(doing) and was ended",
        advice: "if the machine or its disk was busy, try again or raise --stall-seconds; else \(damaged)",
        exit: .temporary, cause: .stalled)
    case .died(let signal, let doing, let lastWords):
      // Nobody but the kernel, short of memory, or a person kills a worker.
      let killed = signal == SIGKILL
      self.init(
        source,
        "the worker died of \(CommandFailure.name(ofSignal: signal)) while \(doing)\(Self.quoted(lastWords))",
        advice: killed ? "if memory was short, try again with fewer --workers" : damaged,
        exit: killed ? .temporary : .failed, cause: killed ? .resources : .crash)
    case .exited(let code, let doing, let lastWords):
      self.init(
        source, "the worker ended with code \(code) while \(doing)\(Self.quoted(lastWords))", advice: damaged,
        cause: .crash)
    case .garbled(let line, let doing):
      self.init(
        source, "the worker answered with something else while \(doing) ('\(line)')",
        advice: "check that the binary was not replaced meanwhile, and run it again")
    case .failed(let error):
      self.init(
        source, error.message, advice: error.advice.isEmpty ? nil : error.advice,
        exit: error.isTemporary ? .temporary : .failed, cause: error.code == "disk" ? .disk : nil)
    case .cancelled:
      self.init(source, "interrupted", exit: .interrupted)
    }
  }

  private static func quoted(_ lastWords: String?) -> String { lastWords.map { " ('\($0)')" } ?? "" }

  /// `SIGSEGV`; a number for what has no name here.
  static func name(ofSignal signal: Int32) -> String {
    let names: [Int32: String] = [
      SIGSEGV: "SIGSEGV", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGILL: "SIGILL",
      SIGTRAP: "SIGTRAP", SIGKILL: "SIGKILL", SIGTERM: "SIGTERM", SIGSYS: "SIGSYS", SIGXCPU: "SIGXCPU",
      SIGXFSZ: "SIGXFSZ", SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGPIPE: "SIGPIPE",
    ]
    return names[signal] ?? "signal \(signal)"
  }
}
