internal import Foundation
internal import Media
internal import Planning
internal import Probing
internal import Storing

/// What a person says about a plan on the command line: the same for all commands that plan.
struct PlanningOptions: Sendable {
  var ladder = "default"
  var id: String?
  var creator: String?
  var overrides = LadderOverrides()
  var keepsSource = false
  var videoTrack: Int?
  var limits = PlanLimits()
  /// Subtitle files beside the source, by language; those whose names say so are found without.
  var captions: [(language: String, file: String)] = []

  init(_ invocation: Invocation) {
    ladder = invocation.text(Options.ladder) ?? "default"
    id = invocation.text(Options.id)
    creator = invocation.text(Options.creator)
    limits = PlanLimits(invocation)
    keepsSource = invocation.isSet(Options.keepSource)
    videoTrack = invocation.number(Options.videoTrack)
    if let percent = invocation.number(Options.tolerance) { limits.tolerance = Double(percent) / 100 }
    overrides = LadderOverrides(
      segments: invocation.choice(Options.segments), rateControl: invocation.choice(Options.rateControl),
      speed: invocation.choice(Options.speed), maxHeight: invocation.number(Options.maxHeight),
      copy: invocation.isSet(Options.copy) ? invocation.choice(Options.copy) ?? .prefer : nil)
  }
}

/// The steps before anything is made, with their failures in words: examine, hash, load the ladder, plan.
enum PlanningSteps {
  static func shelf() -> LadderShelf {
    let binary = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return LadderShelf(folders: LadderShelf.standardFolders(binary: binary))
  }

  /// What can be said about the command line alone: before a source is read or a folder made.
  static func check(_ options: PlanningOptions) throws(CommandFailure) {
    if let id = options.id, !AssetID.isValid(id) { throw CommandFailure(PlanFailure.badID(id), nil) }
    if let creator = options.creator, !AssetID.isValid(creator) {
      throw CommandFailure(PlanFailure.badCreator(creator), nil)
    }
  }

  /// A preset that there is not is a mistake of the command line; a file that is not right is an input that cannot be
  /// processed.
  static func ladder(_ nameOrPath: String) throws(CommandFailure) -> Ladder {
    do throws(LadderFailure) { return try shelf().load(nameOrPath) } catch {
      if case .unknownPreset = error { throw CommandFailure(nil, error.message, exit: .usage) }
      throw CommandFailure(nil, error.message)
    }
  }

  /// The ladder as it is used: what `asset.json` keeps.
  static func applying(_ overrides: LadderOverrides, to ladder: Ladder) throws(CommandFailure) -> Ladder {
    do throws(LadderFailure) { return try ladder.applying(overrides) } catch {
      throw CommandFailure(PlanFailure.ladder(error), nil)
    }
  }

  static func hash(_ source: SourceFile, _ shell: Shell) throws(CommandFailure) -> FileHash {
    do throws(StoreFailure) {
      return try SHA256.hash(
        descriptor: source.descriptor, path: source.path, isCancelled: { shell.cancellation.isCancelled })
    } catch {
      throw CommandFailure(error)
    }
  }

  /// The id that was asked for, or one from the source's name and hash.
  /// `hash` is asked for only where the id is made from it.
  static func id(_ options: PlanningOptions, _ source: SourceFile, hash: () throws -> String) rethrows
    -> String
  {
    if let id = options.id { return id }
    return AssetID.slug(stem: (source.name as NSString).deletingPathExtension, hash: try hash())
  }

  static func plan(
    _ examination: Examination, _ ladder: Ladder, _ options: PlanningOptions, id: String, source: SourceFile,
    refused: [Int: String] = [:]
  ) throws(CommandFailure) -> Plan {
    let beside = SidecarFiles.find(beside: source.path, named: options.captions)
    let request = PlanRequest(
      id: id, creator: options.creator, overrides: options.overrides, limits: options.limits,
      keepsSource: options.keepsSource, sidecars: beside.sidecars)
    do throws(PlanFailure) {
      var plan = try Planner.plan(
        report: examination.report, survey: examination.survey, ladder: ladder, request: request)
      plan.notes += beside.notes
      return try CopyPlanner.apply(
        plan, report: examination.report, survey: examination.survey, ladder: ladder, request: request,
        refused: refused)
    } catch {
      throw CommandFailure(error, source.path)
    }
  }
}

extension CommandFailure {
  /// The ladder was right when it was read, so that what is wrong with it now comes from the options.
  init(_ failure: PlanFailure, _ subject: String?) {
    switch failure {
    case .badID, .badCreator, .creatorNeeded, .ladder: self.init(nil, failure.message, exit: .usage)
    default: self.init(subject, failure.message)
    }
  }

  /// Storing words its failures with the path and the advice in them.
  init(_ failure: StoreFailure) {
    self.init(
      nil, failure.description,
      exit: failure == .cancelled ? .interrupted : failure.isTemporary ? .temporary : .failed)
    if case .invalidID = failure { exit = .usage }
    switch failure {
    case .diskFull: cause = .disk
    case .busy: cause = .busy
    case .tooManyOpenFiles: cause = .resources
    default: break
    }
  }
}
