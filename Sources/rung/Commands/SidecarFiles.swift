internal import Encoding
internal import Foundation
internal import Media
internal import Probing

/// Finds the subtitles that lie beside a source, by their names alone: `film.en.srt`, `film.pt-BR.forced.vtt`,
/// `film.en.sdh.ass` beside `film.mp4`. A path in; what the names say, and why others were passed over, out.
enum SidecarFiles {
  private static let endings: Set<String> = ["srt", "vtt", "ass", "ssa"]
  /// A folder of more is not somebody's film and its subtitles.
  private static let most = 64

  struct Found {
    var sidecars: [Sidecar] = []
    var notes: [PlanNote] = []
  }

  /// `named`: files whose language somebody has said, whatever their names are.
  static func find(beside path: String, named: [(language: String, file: String)]) -> Found {
    var found = find(beside: path)
    for (language, file) in named {
      let sidecar = Sidecar(name: file, language: Languages.tag(language) ?? language)
      if let fault = fault("\(place(path).folder)/\(file)") {
        found.notes.append(PlanNote("subtitles \(file)", fault))
      } else if let index = found.sidecars.firstIndex(where: { $0.name == file }) {
        found.sidecars[index].language = sidecar.language
      } else {
        found.sidecars.append(sidecar)
      }
      found.notes.removeAll {
        $0.subject == "subtitles \(file)" && found.sidecars.contains { $0.name == file }
      }
    }
    return found
  }

  static func find(beside path: String) -> Found {
    let (folder, name) = place(path)
    let stem = (name as NSString).deletingPathExtension
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    var found = Found()
    for file in names.sorted() where file != name && file.hasPrefix(stem + ".") {
      switch read(file, stem: stem) {
      case .none: continue
      case .unknown(let word):
        // Another film's, most likely: `film.extended.en.srt` belongs to `film.extended.mp4`.
        let isOthers = names.contains { $0 != file && $0.hasPrefix("\(stem).\(word).") && !isSubtitles($0) }
        if !isOthers {
          found.notes.append(
            PlanNote("subtitles \(file)", "'\(word)' in its name is no language, nor forced, sdh or cc"))
        }
      case .sidecar(let sidecar):
        if let fault = fault("\(folder)/\(file)") {
          found.notes.append(PlanNote("subtitles \(file)", fault))
        } else if found.sidecars.count >= most {
          found.notes.append(PlanNote("subtitles \(file)", "there are more than \(most) beside the source"))
        } else {
          found.sidecars.append(sidecar)
        }
      }
    }
    return found
  }

  static func path(of sidecar: String, beside path: String) -> String {
    "\(place(path).folder)/\(sidecar)"
  }

  private static func place(_ path: String) -> (folder: String, name: String) {
    let folder = (path as NSString).deletingLastPathComponent
    return (folder.isEmpty ? "." : folder, (path as NSString).lastPathComponent)
  }

  private static func isSubtitles(_ name: String) -> Bool {
    endings.contains((name as NSString).pathExtension.lowercased())
  }

  enum Reading: Equatable {
    case none
    case unknown(word: String)
    case sidecar(Sidecar)
  }

  /// What the words between the stem and the ending mean.
  static func read(_ file: String, stem: String) -> Reading {
    guard file.hasPrefix(stem + "."), isSubtitles(file),
      !file.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f })
    else { return .none }
    var sidecar = Sidecar(name: file)
    let words = file.dropFirst(stem.count + 1).split(separator: ".", omittingEmptySubsequences: false)
      .dropLast()
    for word in words {
      switch word.lowercased() {
      case "forced", "foreign": sidecar.isForced = true
      case "sdh", "cc": sidecar.isHearingImpaired = true
      case "default", "und", "full": continue
      default:
        guard sidecar.language == nil, let tag = language(String(word)) else {
          return .unknown(word: String(word))
        }
        sidecar.language = tag
      }
    }
    return .sidecar(sidecar)
  }

  /// A BCP 47 tag whose language there is, `en`, `eng` or `pt-BR`; nil for other words.
  private static func language(_ word: String) -> String? {
    guard let tag = Languages.tag(word.replacingOccurrences(of: "_", with: "-")),
      let primary = tag.split(separator: "-").first,
      Locale.LanguageCode(String(primary)).isISOLanguage
    else { return nil }
    return tag
  }

  private static func fault(_ path: String) -> String? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return "it cannot be looked at; check its permissions" }
    guard status.st_mode & S_IFMT == S_IFREG else {
      return "it is a link or no file; put the file itself there"
    }
    if status.st_size == 0 { return "it is empty" }
    return Int64(status.st_size) > SubtitleLimits.fileBytes
      ? "it has \(Human.bytes(Int64(status.st_size))), and subtitles have at most "
        + Human.bytes(SubtitleLimits.fileBytes) : nil
  }
}

/// A sidecar that was opened for reading; sole owner of its descriptor. What is in it only a worker reads.
final class SidecarFile {
  let name: String
  let path: String
  let descriptor: Int32
  let bytes: Int64

  /// nil when it is gone, or no longer a file.
  init?(_ name: String, beside source: String) {
    path = SidecarFiles.path(of: name, beside: source)
    descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW)
    self.name = name
    var status = stat()
    guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      Int64(status.st_size) <= SubtitleLimits.fileBytes
    else {
      bytes = 0
      return nil
    }
    bytes = Int64(status.st_size)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
