internal import Media

/// The closed captions inside the pictures of a master playlist's variants: their records in, EXT-X-MEDIA lines and
/// an attribute of each variant out (RFC 8216 4.3.4.1, 4.3.4.2).
struct CaptionGroup {
  static let name = "cc"
  /// As HLS names them, in the order of the records.
  let channels: [String]
  private let hasPictures: Bool

  init(_ records: [RenditionRecord]) {
    channels = records.flatMap { $0.captions ?? [] }.reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
    hasPictures = records.contains { $0.kind == .video }
  }

  /// CEA-708 has services, which came with version 7 (RFC 8216 7).
  var version: Int { channels.contains { $0.hasPrefix("SERVICE") } ? 7 : 1 }

  /// Nothing says in which language they are. Players choose the first by themselves, for those who have captions on;
  /// the others cannot be told apart by language (4.3.4.1.1).
  var lines: [String] {
    channels.enumerated().map { index, channel in
      let attributes = [
        "TYPE=CLOSED-CAPTIONS", "GROUP-ID=\(PlaylistText.quoted(Self.name))",
        "NAME=\(PlaylistText.quoted(Self.label(channel)))", "DEFAULT=NO",
        "AUTOSELECT=\(index == 0 ? "YES" : "NO")", "INSTREAM-ID=\(PlaylistText.quoted(channel))",
      ]
      return "#EXT-X-MEDIA:" + attributes.joined(separator: ",")
    }
  }

  /// With what a variant's EXT-X-STREAM-INF goes on. NONE is for all variants or for none: where some have captions, the
  /// others say nothing.
  func attribute(of record: RenditionRecord) -> String {
    if channels.isEmpty { return hasPictures ? ",CLOSED-CAPTIONS=NONE" : "" }
    return record.captions == nil ? "" : ",CLOSED-CAPTIONS=\(PlaylistText.quoted(Self.name))"
  }

  /// Schemes and values of DASH's accessibility descriptors (ANSI/SCTE 214-1 7.2); the language is not known.
  var dash: [(scheme: String, value: String)] {
    let services = channels.filter { $0.hasPrefix("SERVICE") }.map { "\($0.dropFirst(7))=lang:und" }
    let lines = channels.filter { !$0.hasPrefix("SERVICE") }.map { "\($0)=und" }
    return [("urn:scte:dash:cc:cea-608:2015", lines), ("urn:scte:dash:cc:cea-708:2015", services)]
      .filter { !$0.1.isEmpty }.map { ($0.0, $0.1.joined(separator: ";")) }
  }

  private static func label(_ channel: String) -> String {
    channel.hasPrefix("SERVICE") ? "Captions (service \(channel.dropFirst(7)))" : "Captions (\(channel))"
  }
}
