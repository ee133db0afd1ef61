/// What a shell can offer for a word of the command line: from the placeholder that help shows for it.
struct Offer: Sendable, Equatable {
  var words: [String] = []
  var isFile = false
  var isFolder = false
  /// The names that `rung ladders` lists.
  var isPreset = false
  /// The names of the commands.
  var isCommand = false
  /// The ids in the tree that is the operand before it.
  var isAsset = false

  var isNothing: Bool { self == Offer() }

  /// `TREE|PLAYLIST`: each word of a placeholder says what kind of thing it stands for.
  fileprivate init(placeholder: String) {
    for word in placeholder.split(separator: "|") {
      switch word {
      case "TREE", "INBOX", "DIR", "FOLDER": isFolder = true
      case "SOURCE", "FILE", "PLAYLIST", "MANIFEST": isFile = true
      // What is not in capitals is typed as it stands: `keep|move:DIR|delete`.
      default: if !word.contains(where: \.isUppercase) { words.append(String(word)) }
      }
    }
  }

  fileprivate init(words: [String] = []) { self.words = words }
}

extension OptionDeclaration {
  var offer: Offer {
    switch value {
    case .flag, .number, .bytes: return Offer()
    case .choice(let choices), .flagOrChoice(let choices): return Offer(words: choices)
    case .text(let placeholder), .list(let placeholder):
      var offer = Offer(placeholder: placeholder)
      // A name alone may be anybody's; one that may as well be a file is a ladder's.
      offer.isPreset = placeholder == "NAME|FILE"
      return offer
    }
  }

  /// Its value is the next word of the command line, unless it stands behind `=`.
  var takesWord: Bool {
    switch value {
    case .flag, .flagOrChoice: false
    case .text, .list, .choice, .number, .bytes: true
    }
  }

  /// The name of the value: `TREE`, `fast|best`; empty for a flag.
  var placeholder: String {
    switch value {
    case .flag: ""
    case .text(let placeholder), .list(let placeholder), .number(let placeholder, _),
      .bytes(let placeholder, _):
      placeholder
    case .choice(let choices), .flagOrChoice(let choices): choices.joined(separator: "|")
    }
  }
}

extension OperandDeclaration {
  var offer: Offer {
    var offer = Offer(placeholder: name)
    switch name {
    case "NAME": offer.isPreset = true
    case "COMMAND": offer.isCommand = true
    case "ID": offer.isAsset = true
    case "SHELL": offer.words = CompletedShell.allCases.map(\.rawValue)
    default: break
    }
    return offer
  }
}
