internal import Media

/// The subtitles of a master playlist: their records in, EXT-X-MEDIA lines out (RFC 8216 4.3.4.1).
///
/// No member is DEFAULT: nobody is shown a text that they did not ask for. A player chooses by language among those
/// that are AUTOSELECT, which language, FORCED and CHARACTERISTICS have to tell apart (4.3.4.1.1).
struct SubtitleGroup {
  let members: [RenditionRecord]

  init(_ records: [RenditionRecord]) { members = records.filter { $0.kind == .text } }

  var isEmpty: Bool { members.isEmpty }
  var peak: Int64 { members.map(\.peakBitrate).max() ?? 0 }
  var average: Int64 { members.map(\.averageBitrate).max() ?? 0 }
  /// Of a variant's EXT-X-STREAM-INF.
  var attribute: String { ",SUBTITLES=\(PlaylistText.quoted(MasterPlaylist.textGroup))" }

  /// Of text for those who do not hear (RFC 8216 4.3.4.1).
  private static let hearingImpaired =
    "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"

  func lines(key: String) -> [String] {
    var names: Set<String> = []
    var kinds: Set<[String]> = []
    return members.map { member in
      let language = PlaylistText.language(member.language)
      var label = PlaylistText.quoted(member.label ?? member.name)
      var number = 2
      while !names.insert(label).inserted {
        label = PlaylistText.quoted("\(member.label ?? member.name) \(number)")
        number += 1
      }
      let isForced = member.isForced == true
      let isForDeaf = member.isHearingImpaired == true
      let isSelectable = kinds.insert([language, "\(isForced)", "\(isForDeaf)"]).inserted
      var attributes = [
        "TYPE=SUBTITLES", "GROUP-ID=\(PlaylistText.quoted(MasterPlaylist.textGroup))", "NAME=\(label)",
        "LANGUAGE=\(PlaylistText.quoted(language))", "DEFAULT=NO",
        "AUTOSELECT=\(isSelectable ? "YES" : "NO")", "FORCED=\(isForced ? "YES" : "NO")",
      ]
      if isForDeaf { attributes.append("CHARACTERISTICS=\(PlaylistText.quoted(Self.hearingImpaired))") }
      attributes.append("URI=\(PlaylistText.quoted(PlaylistText.uri(member.playlist, from: key)))")
      return "#EXT-X-MEDIA:" + attributes.joined(separator: ",")
    }
  }
}
