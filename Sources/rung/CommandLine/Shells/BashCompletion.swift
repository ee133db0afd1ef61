/// Completions for bash 4.4 and later, with or without the bash-completion package.
enum BashCompletion {
  static func script(_ commands: [CommandDeclaration]) -> String {
    let names = commands.map(\.name).joined(separator: " ")
    let separate = cases(commands) {
      $0.takesWord ? #"if ((++i == COMP_CWORD)); then option=$word; fi"# : nil
    }
    let values = cases(commands) { $0.value == .flag ? nil : actions($0.offer, names) }
    let options = commands.map { command in
      "    \(command.name)) words='\((command.options.map(\.name) + ["--help"]).joined(separator: " "))' ;;"
    }
    let operands = commands.flatMap { command in
      command.operands.enumerated().map { index, operand in
        let place = operand.isRepeated ? "\(command.name)\\ *" : "\(command.name)\\ \(index)"
        return "    \(place)) \(actions(operand.offer, names)) ;;"
      }
    }
    return helpers + scan(separate) + choose(names, values: values) + complete(options, operands)
  }

  /// A `case` branch for each option that `body` has something for; those of the same body share one.
  private static func cases(
    _ commands: [CommandDeclaration], _ body: (OptionDeclaration) -> String?
  ) -> [String] {
    var branches: [(body: String, patterns: [String])] = []
    for command in commands {
      for option in command.options {
        guard let text = body(option) else { continue }
        let pattern = "\(command.name)\\ \(option.name)"
        if let index = branches.firstIndex(where: { $0.body == text }) {
          branches[index].patterns.append(pattern)
        } else {
          branches.append((text, [pattern]))
        }
      }
    }
    return branches.map { "    \($0.patterns.joined(separator: " | "))) \($0.body) ;;" }
  }

  private static func actions(_ offer: Offer, _ names: String) -> String {
    var actions: [String] = []
    if !offer.words.isEmpty { actions.append("_rung_words '\(offer.words.joined(separator: " "))'") }
    if offer.isCommand { actions.append("_rung_words '\(names)'") }
    if offer.isPreset { actions.append("_rung_presets") }
    if offer.isAsset { actions.append("_rung_assets") }
    if offer.isFile {
      actions.append("_rung_files")
    } else if offer.isFolder {
      actions.append("_rung_folders")
    }
    return actions.isEmpty ? ":" : actions.joined(separator: "; ")
  }

  private static let helpers = #"""
    # Completions of rung for bash, made by 'rung completions bash'.

    _rung_words() {
      local word
      for word in $1; do
        if [[ $word == "$current"* ]]; then COMPREPLY+=("$prefix$word"); fi
      done
    }

    # Where a name is quoted, what the shell finds by itself stands in.
    _rung_paths() {
      local path
      compopt -o filenames -o "$2" 2>/dev/null
      while IFS= read -r path; do COMPREPLY+=("$prefix$path"); done < <(compgen "$1" -- "$current")
    }
    _rung_files() { _rung_paths -f default; }
    _rung_folders() { _rung_paths -d dirnames; }

    _rung_presets() {
      local name rest names=
      while read -r name rest; do names+=" $name"; done < <("$program" ladders 2>/dev/null | sed 1d)
      _rung_words "$names"
    }

    # The ids in the tree that stands before them.
    _rung_assets() {
      local folder
      for folder in "${operands[0]/#\~/$HOME}"/packaged/*/; do
        folder=${folder%/}
        if [[ -d $folder ]]; then _rung_words "${folder##*/}"; fi
      done
    }


    """#

  /// What stands before the cursor: the command, its operands, the options that are given already.
  private static func scan(_ separate: [String]) -> String {
    #"""
    _rung() {
      local program=$1 current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
      local prefix= option= command= over= words= used= word i
      local -a operands=()
      COMPREPLY=()
      for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ -z $command ]]; then
          if [[ $word != -* ]]; then command=$word; fi
        elif [[ -n $over || $word != -* ]]; then
          operands+=("$word")
        elif [[ $word == -- ]]; then
          over=yes
        else
          used+=" ${word%%=*} "
          # The shell makes words of '=' and of what stands behind it.
          if [[ ${COMP_WORDS[i+1]} == = ]]; then ((i += 2)); continue; fi
          case "$command $word" in
    \#(separate.joined(separator: "\n"))
          esac
        fi
      done

    """#
  }

  /// A command, or an option's value.
  private static func choose(_ names: String, values: [String]) -> String {
    #"""
      if [[ -z $command ]]; then
        _rung_words '\#(names) --help --version'
        return
      fi
      if [[ -z $over ]]; then
        case $current in
          --*=*) option=${current%%=*} prefix=$option= current=${current#*=} ;;
          =) option=$before current= ;;
          *) if [[ $before == = ]]; then option=${COMP_WORDS[COMP_CWORD-2]}; fi ;;
        esac
      fi
      if [[ -n $option ]]; then
        case "$command $option" in
    \#(values.joined(separator: "\n"))
        esac
        return
      fi

    """#
  }

  /// An option, or an operand by its place.
  private static func complete(_ options: [String], _ operands: [String]) -> String {
    #"""
      if [[ -z $over && $current == -* ]]; then
        case $command in
    \#(options.joined(separator: "\n"))
        esac
        for word in $words; do
          if [[ $used != *" $word "* ]]; then _rung_words "$word"; fi
        done
        return
      fi
      case "$command ${#operands[@]}" in
    \#(operands.joined(separator: "\n"))
      esac
    }

    complete -F _rung rung

    """#
  }
}
