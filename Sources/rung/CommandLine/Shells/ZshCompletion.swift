/// Completions for zsh: a file `_rung` in a folder of `fpath`.
enum ZshCompletion {
  static func script(_ commands: [CommandDeclaration]) -> String {
    var lines = [
      "#compdef rung",
      "# Completions of rung for zsh, made by 'rung completions zsh'.",
      "",
      "_rung_commands() {",
      "  local -a commands=(",
    ]
    lines += commands.map { "    " + quoted("\($0.name):\(escaped($0.summary))") }
    lines += ["  )", "  _describe -t commands command commands", "}", ""]
    let branches = commands.flatMap { command in
      let specifications = command.options.map(specification) + command.operands.enumerated().map(operand)
      return ["    \(command.name))", "      _arguments -S \\"]
        + specifications.map { "        \(quoted($0)) \\" }
        + ["        '(- *)'{-h,--help}'[\(escaped("all about it"))]' ;;"]
    }
    return lines.joined(separator: "\n") + "\n" + helpers + branches.joined(separator: "\n")
      + ending
  }

  private static let helpers = #"""
    _rung_presets() {
      local -a presets=(${${(f)"$(rung ladders 2>/dev/null)"}[2,-1]%% *})
      compadd -a presets
    }

    # The ids in the tree that stands before them.
    _rung_assets() {
      local -a assets=(${~line[1]}/packaged/*(N/:t))
      compadd -a assets
    }

    _rung_presets_or_files() {
      _rung_presets
      _files
    }

    _rung() {
      local curcontext="$curcontext" state state_descr
      local -a line
      typeset -A opt_args
      _arguments -C '(- *)'{-h,--help}'[what commands there are]' '(- *)--version[the name of this build]' \
        '1:command:_rung_commands' '*::argument:->arguments' && return
      [[ $state == arguments ]] || return
      case $words[1] in

    """#

  /// Called as a file of `fpath`, it completes; read by `source`, it says who it is for.
  private static let ending = #"""

      esac
    }

    if [[ $funcstack[1] == _rung ]]; then _rung "$@"; else compdef _rung rung; fi

    """#

  /// `--into=[where]:TREE:_files -/`
  private static func specification(_ option: OptionDeclaration) -> String {
    let help = "[\(escaped(option.help))]"
    switch option.value {
    case .flag: return option.name + help
    // Only behind '=', and not even there necessarily.
    case .flagOrChoice:
      return "\(option.name)=-\(help)::\(message(option.placeholder)):\(action(option.offer))"
    case .list:
      return "*\(option.name)=\(help):\(message(option.placeholder)):\(action(option.offer))"
    case .text, .choice, .number, .bytes:
      return "\(option.name)=\(help):\(message(option.placeholder)):\(action(option.offer))"
    }
  }

  /// `1:SOURCE:_files`
  private static func operand(_ index: Int, _ operand: OperandDeclaration) -> String {
    let place = operand.isRepeated ? "*" : operand.isRequired ? "\(index + 1)" : "\(index + 1):"
    return "\(place):\(message(operand.name)):\(action(operand.offer))"
  }

  private static func action(_ offer: Offer) -> String {
    if !offer.words.isEmpty { return "(\(offer.words.joined(separator: " ")))" }
    if offer.isCommand { return "_rung_commands" }
    if offer.isAsset { return "_rung_assets" }
    if offer.isPreset { return offer.isFile ? "_rung_presets_or_files" : "_rung_presets" }
    return offer.isFile ? "_files" : offer.isFolder ? "_files -/" : " "
  }

  private static func message(_ text: String) -> String { text.isEmpty ? " " : escaped(text) }

  /// What means something to `_arguments` is taken as it is.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "\\[]:".contains(character) { result += "\\" }
      result.append(character)
    }
  }

  private static func quoted(_ text: String) -> String { CompletedShell.quoted(text, apostrophe: "'\\''") }
}
