/// The shells whose completions Rung writes: declarations in, a script out that the shell loads.
enum CompletedShell: String, Sendable, CaseIterable {
  case bash, zsh, fish

  /// The commands that help lists, with every option.
  func script(_ commands: [CommandDeclaration]) -> String {
    let listed = commands.filter { !$0.isHidden }
    return switch self {
    case .bash: BashCompletion.script(listed)
    case .zsh: ZshCompletion.script(listed)
    case .fish: FishCompletion.script(listed)
    }
  }

  /// `text` as one word in single quotes; `apostrophe` is how the shell writes one inside them.
  static func quoted(_ text: String, apostrophe: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: apostrophe) + "'"
  }
}
