internal import Foundation

/// What `name.rung.json` beside an upload says: JSON in, checked values out, or the key that is wrong and why.
package struct UploadSidecar: Sendable, Equatable, Decodable {
  package var id: String?
  package var creator: String?
  package var title: String?
  /// A preset's name, or a ladder file beside the upload.
  package var ladder: String?
  package var priority: Int?
  package var maxHeight: Int?
  /// Language tag to the name of a subtitle file beside the upload.
  package var captions: [String: String]?

  package init() {}

  package struct Failure: Error, Equatable, Sendable {
    package var message: String
    package init(message: String) { self.message = message }
  }

  private enum Key: String, CodingKey, CaseIterable {
    case id, creator, title, ladder, priority, captions
    case maxHeight = "max_height"
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  package static let largest = 64 << 10

  /// `isID`: the rule of ids and creators, which is not the inbox's own.
  package static func parse(
    _ data: [UInt8], isID: (String) -> Bool
  ) throws(Failure) -> UploadSidecar {
    guard data.count <= largest else { throw Failure(message: "it has more than \(largest >> 10) KiB") }
    let sidecar: UploadSidecar
    do {
      sidecar = try JSONDecoder().decode(UploadSidecar.self, from: Data(data))
    } catch let error as DecodingError {
      throw Failure(message: words(error))
    } catch let error as Failure {
      throw error
    } catch {
      throw Failure(message: "it is no JSON object")
    }
    try sidecar.check(isID)
    return sidecar
  }

  package init(from decoder: any Decoder) throws {
    let all = try decoder.container(keyedBy: AnyKey.self)
    let known = Key.allCases.map(\.rawValue)
    for key in all.allKeys.map(\.stringValue).sorted() where !known.contains(key) {
      throw Failure(
        message: "there is no key '\(key)'; the keys are \(known.sorted().joined(separator: ", "))")
    }
    let values = try decoder.container(keyedBy: Key.self)
    id = try values.decodeIfPresent(String.self, forKey: .id)
    creator = try values.decodeIfPresent(String.self, forKey: .creator)
    title = try values.decodeIfPresent(String.self, forKey: .title)
    ladder = try values.decodeIfPresent(String.self, forKey: .ladder)
    priority = try Self.whole(values, .priority)
    maxHeight = try Self.whole(values, .maxHeight)
    captions = try values.decodeIfPresent([String: String].self, forKey: .captions)
  }

  /// A number is read as it stands: decoders do not name the key of one that is not whole.
  private static func whole(_ values: KeyedDecodingContainer<Key>, _ key: Key) throws -> Int? {
    guard let number = try values.decodeIfPresent(Double.self, forKey: key) else { return nil }
    guard let whole = Int(exactly: number) else {
      throw Failure(message: "'\(key.stringValue)' has to be a whole number")
    }
    return whole
  }

  private func check(_ isID: (String) -> Bool) throws(Failure) {
    let rule = "1 to 128 letters, digits, '.', '_' and '-', beginning with a letter or digit"
    for (key, value) in [("id", id), ("creator", creator)] {
      if let value, !isID(value) { throw Failure(message: "'\(key)' has to be \(rule)") }
    }
    if let title, title.utf8.count > 1000 || title.unicodeScalars.contains(where: { $0.value < 0x20 }) {
      throw Failure(message: "'title' has to be one line of at most 1000 bytes")
    }
    if let priority, !(-1_000_000...1_000_000).contains(priority) {
      throw Failure(message: "'priority' has to be from -1000000 to 1000000")
    }
    if let maxHeight, !(16...8640).contains(maxHeight) {
      throw Failure(message: "'max_height' has to be from 16 to 8640")
    }
    if let ladder, !Self.isPlainName(ladder) {
      throw Failure(message: "'ladder' has to be a preset's name, or a file beside the upload")
    }
    for (language, file) in captions ?? [:] {
      guard (2...35).contains(language.utf8.count),
        language.utf8.allSatisfy({ $0 == 45 || Self.isAlphanumeric($0) })
      else { throw Failure(message: "'captions' has a key that is no language: '\(language)'") }
      guard Self.isPlainName(file),
        [".srt", ".vtt", ".ass", ".ssa"].contains(where: file.lowercased().hasSuffix)
      else {
        throw Failure(
          message:
            "'captions' names '\(file)': it has to be a .srt, .vtt, .ass or .ssa file beside the upload")
      }
    }
    if captions?.count ?? 0 > 64 { throw Failure(message: "'captions' names more than 64 files") }
  }

  /// One component of a path, that no option, list or terminal can mistake.
  private static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 255 && !name.hasPrefix(".") && !name.hasPrefix("-")
      && !name.unicodeScalars.contains {
        $0.value < 0x20 || $0.value == 0x7f || "/,=".unicodeScalars.contains($0)
      }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }

  private static func words(_ error: DecodingError) -> String {
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? "it is no JSON object" : "'\(path)' is of the wrong type"
    case .keyNotFound(let key, _): return "'\(key.stringValue)' is missing"
    case .dataCorrupted(let context):
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? "it is no valid JSON" : "'\(path)' is no number of a sensible size"
    @unknown default: return "it is no JSON object of the right form"
    }
  }
}

extension UploadSidecar {
  /// `captions` as the ledger keeps it and `rung` takes it: `de=film-de.srt,en=film.srt`.
  package var captionsText: String? {
    guard let captions, !captions.isEmpty else { return nil }
    return captions.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }
}
