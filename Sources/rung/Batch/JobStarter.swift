internal import Batching
internal import Foundation
internal import Isolating
internal import Storing

/// Starts the child of a job: the ledger's row in, a running child with its share of the machine out.
final class JobStarter {
  enum Outcome {
    case started(JobSlot)
    /// What can be said without a child.
    case refused(JobFailure)
  }

  let share: MachineShare
  private let settings: BatchSettings
  private let tree: Tree
  private let shell: Shell
  private let recipes: RecipeBook

  init(_ settings: BatchSettings, _ tree: Tree, _ shell: Shell, _ recipes: RecipeBook) {
    self.settings = settings
    self.tree = tree
    self.shell = shell
    self.recipes = recipes
    share = MachineShare(
      cores: ProcessInfo.processInfo.activeProcessorCount,
      memory: Int64(clamping: ProcessInfo.processInfo.physicalMemory), jobs: settings.jobs,
      most: WorkerRules.memory)
  }

  /// `memory`: what is remembered of the upload's file.
  func start(_ work: LedgerJob, policy: AssetPolicy?, memory: UploadMemory?, now: Int64) throws -> Outcome {
    let asset = work.asset
    let ladder = recipes.ladder(asset.ladder, beside: asset.source)
    let recipe: RecipeBook.Recipe
    do throws(CommandFailure) {
      recipe = try recipes.recipe(
        id: asset.id, creator: asset.creator, ladder: ladder, maxHeight: asset.maxHeight,
        maxBitrate: policy?.maxBitrate,
        beside: RecipeBook.beside(captions: asset.captions, files: memory?.beside ?? ""))
    } catch {
      return .refused(JobFailure(reason: error.line, code: "ladder", isRetryable: false))
    }
    guard FileStamp.of(asset.source) != nil else {
      if let slot = try publishing(work, recipe, now: now) { return .started(slot) }
      return .refused(
        JobFailure(
          reason: "the upload is not there any more; put it back into the inbox", code: "gone",
          isRetryable: false))
    }
    do throws(WorkerFailure) {
      let child = try ChildCommand.start(arguments(work, ladder, policy), live: shell.workers)
      return .started(
        JobSlot(
          work, recipe, child, deadline: settings.deadline, stallSeconds: settings.stallSeconds, now: now))
    } catch {
      throw CommandFailure(error, source: asset.source)
    }
  }

  /// The upload is gone and the asset made: all that is left to do is to publish it. nil: it is not so.
  private func publishing(
    _ work: LedgerJob, _ recipe: RecipeBook.Recipe, now: Int64
  ) throws -> JobSlot? {
    guard let publishing = settings.publishing,
      try FinishedAsset.read(tree, recipe, of: work.asset) != nil
    else { return nil }
    do throws(WorkerFailure) {
      let child = try publishing.start(work.asset.id, tree, shell)
      let slot = JobSlot(
        work, recipe, child, deadline: settings.deadline, stallSeconds: settings.stallSeconds, now: now)
      slot.publish(with: child, now: now)
      return slot
    } catch {
      throw CommandFailure(error, source: work.asset.source)
    }
  }

  private func arguments(_ work: LedgerJob, _ ladder: String, _ policy: AssetPolicy?) -> [String] {
    let asset = work.asset
    var list = [
      "job", "--into=\(tree.root)", "--id=\(asset.id)", "--inbox=\(settings.inbox)", "--log=json",
      "--workers=\(share.workers)", "--max-memory=\(settings.maxMemory ?? share.workerMemory)",
      "--ladder=\(ladder)",
    ]
    list += settings.passed
    if let creator = asset.creator ?? settings.planning.creator { list.append("--creator=\(creator)") }
    if let height = recipes.maxHeight(asset.maxHeight) { list.append("--max-height=\(height)") }
    if let bitrate = policy?.maxBitrate {
      list.append("--max-bitrate=\(max(1000, min(bitrate, 1_000_000_000)))")
    }
    if let captions = asset.captions { list.append("--captions=\(captions)") }
    // Under an id that comes from the path nobody else has put anything.
    if asset.publishedAt != nil || work.job.version > 1 || hasOwnID(asset) { list.append("--replace") }
    if asset.publishedAt != nil { list.append("--renew") }
    return list + ["--", asset.source]
  }

  private func hasOwnID(_ asset: AssetRecord) -> Bool {
    guard let hash = try? RecipeBook.hash(String(asset.source.dropFirst(settings.inbox.count + 1))) else {
      return false
    }
    return asset.id.hasSuffix("-" + hash.prefix(8))
  }
}
