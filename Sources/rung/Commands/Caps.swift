internal import Isolating
internal import Planning

/// The caps of the command line, as those who keep them want them: the workers' rules, and the planner's limits.
extension WorkerRules {
  init(_ invocation: Invocation) {
    self.init()
    if let memory = invocation.bytes(Options.maxMemory) { self.memory = memory }
    if let pixels = invocation.number(Options.maxPixels) { self.pixels = Int64(pixels) }
    if let streams = invocation.number(Options.maxStreams) { self.streams = streams }
    if let seconds = invocation.number(Options.stallSeconds) { stallSeconds = seconds }
  }
}

extension PlanLimits {
  init(_ invocation: Invocation) {
    self.init()
    if let hours = invocation.number(Options.maxHours) { seconds = Int64(hours) * 3600 }
    if let pixels = invocation.number(Options.maxPixels) { self.pixels = Int64(pixels) }
    if let bytes = invocation.bytes(Options.maxOutput) { outputBytes = bytes }
  }
}
