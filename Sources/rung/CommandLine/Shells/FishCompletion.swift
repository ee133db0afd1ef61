/// Completions for fish: a file `rung.fish` in one of its folders of completions.
enum FishCompletion {
  static func script(_ commands: [CommandDeclaration]) -> String {
    var lines = [
      "complete -c rung -f",
      "complete -c rung -n __rung_no_command -s h -l help -d 'what commands there are'",
      "complete -c rung -n __rung_no_command -l version -d 'the name of this build'",
    ]
    lines += commands.map {
      "complete -c rung -n __rung_no_command -a \($0.name) -d \(quoted($0.summary))"
    }
    for command in commands {
      let head = "complete -c rung -n '__rung_command \(command.name)'"
      lines.append("")
      lines += command.options.map { option in
        head + " -l \(option.name.dropFirst(2))\(value(option, commands)) -d \(quoted(option.help))"
      }
      lines.append("\(head) -s h -l help -d 'all about it'")
      lines += command.operands.filter { !$0.offer.isNothing }.map { operand in
        head + arguments(operand.offer, commands) + " -d \(quoted(operand.name))"
      }
    }
    return helpers + (lines + [""]).joined(separator: "\n")
  }

  private static let helpers = #"""
    # Completions of rung for fish, made by 'rung completions fish'.

    function __rung_no_command
        test (count (commandline -opc)) -eq 1
    end

    function __rung_command
        set -l words (commandline -opc)
        test (count $words) -gt 1; and test $words[2] = $argv[1]
    end

    function __rung_presets
        command -q rung; and rung ladders 2>/dev/null | tail -n +2 | string replace -r ' .*' ''
    end

    # The ids in the tree that stands before them.
    function __rung_assets
        for word in (commandline -opc)[3..-1]
            for folder in $word/packaged/*/
                basename $folder
            end
        end
    end


    """#

  private static func value(_ option: OptionDeclaration, _ commands: [CommandDeclaration]) -> String {
    switch option.value {
    case .flag: ""
    // The value is not asked for: it may stand behind '='.
    case .flagOrChoice: arguments(option.offer, commands)
    case .text, .list, .choice, .number, .bytes:
      option.offer.isFile
        ? " -r" + arguments(option.offer, commands) : " -x" + arguments(option.offer, commands)
    }
  }

  private static func arguments(_ offer: Offer, _ commands: [CommandDeclaration]) -> String {
    var words = offer.words
    if offer.isCommand { words += commands.map(\.name) }
    if offer.isPreset { words.append("(__rung_presets)") }
    if offer.isAsset { words.append("(__rung_assets)") }
    if offer.isFolder, !offer.isFile { words.append("(__fish_complete_directories)") }
    return (offer.isFile ? " -F" : "") + (words.isEmpty ? "" : " -a \(quoted(words.joined(separator: " ")))")
  }

  private static func quoted(_ text: String) -> String {
    CompletedShell.quoted(text.replacing("\\", with: "\\\\"), apostrophe: "\\'")
  }
}
