internal import Media

/// Writes the multivariant playlist from what was measured of each rendition.
///
/// Video variants stand in ascending order of bandwidth, each once for every audio group; then the audio-only
/// variant, last, since simple players start with the first one; then the I-frame variants.
struct MasterPlaylist {
  static let textGroup = "text"
  let key: String
  let records: [RenditionRecord]
  /// The highest version that a media playlist asks for.
  let version: Int

  private struct Group {
    var name: String
    var members: [RenditionRecord] = []
    /// What the members are called: no two alike.
    var labels: [String] = []
    var codecs: [String] { members.map(\.codecs).reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
    var peak: Int64 { members.map(\.peakBitrate).max() ?? 0 }
    var average: Int64 { members.map(\.averageBitrate).max() ?? 0 }

    mutating func add(_ record: RenditionRecord) {
      let name = record.label ?? record.name
      var (label, number) = (name, 2)
      // Compared as they are printed.
      while labels.contains(where: { PlaylistText.quoted($0) == PlaylistText.quoted(label) }) {
        label = "\(name) \(number)"
        number += 1
      }
      members.append(record)
      labels.append(label)
    }

    func member(_ label: String) -> RenditionRecord? { labels.firstIndex(of: label).map { members[$0] } }
  }

  func text() -> String {
    let groups = self.groups
    let video = records.filter { $0.kind == .video }
    var lines = ["#EXTM3U", "#EXT-X-VERSION:\(max(version, captions.version))"]
    // Copied open GOPs need what came before them (RFC 8216 4.3.5.1).
    if records.allSatisfy({ $0.hasIndependentSegments ?? true }) {
      lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    }
    let defaultIndex = defaultIndex(groups)
    for group in groups { lines += media(group, defaultIndex: defaultIndex) }
    lines += subtitles.lines(key: key) + captions.lines
    var variants = video.flatMap { rendition in
      groups.isEmpty ? [variant(rendition, nil)] : groups.map { variant(rendition, $0) }
    }
    // Stable by construction: equal bandwidths keep the ladder's order.
    variants = variants.enumerated().sorted { ($0.element.peak, $0.offset) < ($1.element.peak, $1.offset) }
      .map(\.element)
    for variant in variants + audioVariants(groups, defaultIndex, hasVideo: !video.isEmpty) {
      let attributes = variant.attributes + (subtitles.isEmpty ? "" : subtitles.attribute) + variant.captions
      lines += ["#EXT-X-STREAM-INF:" + attributes, variant.uri]
    }
    let pictures = video.filter { $0.iframePlaylist != nil }
      .sorted { ($0.iframePeakBitrate ?? 0, $0.name) < ($1.iframePeakBitrate ?? 0, $1.name) }
    lines += pictures.compactMap(iframeVariant)
    return (lines + [""]).joined(separator: "\n")
  }

  private var subtitles: SubtitleGroup { SubtitleGroup(records) }
  private var captions: CaptionGroup { CaptionGroup(records) }

  /// In the order of the plan, each with every member: what a group lacks is taken from another one, so that a player
  /// finds the same choice in each (RFC 8216 4.3.4.1.1). Groups that come out the same are one.
  private var groups: [Group] {
    var groups: [Group] = []
    for record in records where record.kind == .audio {
      guard let name = record.group else { continue }
      if let index = groups.firstIndex(where: { $0.name == name }) {
        groups[index].add(record)
      } else {
        groups.append(Group(name: name))
        groups[groups.count - 1].add(record)
      }
    }
    var labels: [String] = []
    for label in groups.flatMap(\.labels) where !labels.contains(label) { labels.append(label) }
    let own = groups
    for index in groups.indices {
      let members = labels.compactMap { label in
        (own[index].member(label) ?? own.lazy.compactMap { $0.member(label) }.first).map { (label, $0) }
      }
      groups[index].labels = members.map(\.0)
      groups[index].members = members.map(\.1)
    }
    var seen: Set<[String]> = []
    return groups.filter { seen.insert($0.members.map(\.playlist)).inserted }
  }

  /// The member that players take by themselves: the same one in every group.
  private func defaultIndex(_ groups: [Group]) -> Int {
    let members = groups.first?.members.indices ?? 0..<0
    return members.first { index in groups.contains { $0.members[index].isDefault == true } } ?? 0
  }

  /// One DEFAULT in a group, names that differ, and AUTOSELECT only for members that language and characteristics tell
  /// apart (RFC 8216 4.3.4.1); a commentary is heard by those who choose it.
  private func media(_ group: Group, defaultIndex: Int) -> [String] {
    var selectable: Set<String> = [Self.kind(group.members[defaultIndex])]
    return zip(group.members, group.labels).enumerated().map { index, pair in
      let (member, label) = pair
      let language = PlaylistText.language(member.language)
      let isDefault = index == defaultIndex
      let isSelectable =
        isDefault || (member.purpose != .commentary && selectable.insert(Self.kind(member)).inserted)
      var attributes = [
        "TYPE=AUDIO", "GROUP-ID=\(PlaylistText.quoted(group.name))", "NAME=\(PlaylistText.quoted(label))",
        "LANGUAGE=\(PlaylistText.quoted(language))", "DEFAULT=\(isDefault ? "YES" : "NO")",
        "AUTOSELECT=\(isSelectable ? "YES" : "NO")",
      ]
      if let characteristics = member.purpose?.characteristics {
        attributes.append("CHARACTERISTICS=\"\(characteristics)\"")
      }
      if let channels = member.channels { attributes.append("CHANNELS=\"\(channels)\"") }
      attributes.append("URI=\(PlaylistText.quoted(PlaylistText.uri(member.playlist, from: key)))")
      return "#EXT-X-MEDIA:" + attributes.joined(separator: ",")
    }
  }

  /// What players choose by.
  private static func kind(_ member: RenditionRecord) -> String {
    "\(PlaylistText.language(member.language)) \(member.purpose?.characteristics ?? "")"
  }

  private struct Variant {
    var peak: Int64
    var attributes: String
    var uri: String
    var captions: String
  }

  private var isAllSDR: Bool { records.allSatisfy { ($0.videoRange ?? "SDR") == "SDR" } }

  private func variant(_ record: RenditionRecord, _ group: Group?) -> Variant {
    // The largest sum over what can play together (RFC 8216bis 4.4.6.2).
    let average = record.averageBitrate + (group?.average ?? 0) + subtitles.average
    let peak = max(record.peakBitrate + (group?.peak ?? 0) + subtitles.peak, average)
    var attributes = rates(peak, average)
    attributes.append("CODECS=\(PlaylistText.quoted(codecs(record, group)))")
    if let size = record.size { attributes.append("RESOLUTION=\(size)") }
    if let rate = record.frameRate { attributes.append("FRAME-RATE=\(DecimalText.rate(rate))") }
    if !isAllSDR, record.kind == .video {
      attributes.append("VIDEO-RANGE=\(record.videoRange ?? "SDR")")
    }
    if let group { attributes.append("AUDIO=\(PlaylistText.quoted(group.name))") }
    return Variant(
      peak: peak, attributes: attributes.joined(separator: ","),
      uri: PlaylistText.uri(record.playlist, from: key), captions: captions.attribute(of: record))
  }

  private func codecs(_ record: RenditionRecord, _ group: Group?) -> String {
    ([record.codecs] + (group?.codecs ?? []).filter { $0 != record.codecs }).joined(separator: ",")
  }

  private func rates(_ peak: Int64, _ average: Int64) -> [String] {
    ["BANDWIDTH=\(max(1, peak))", "AVERAGE-BANDWIDTH=\(max(1, average))"]
  }

  /// With video the group of the lowest rate, for lines too slow for pictures (A 2.3); without it every group.
  private func audioVariants(_ groups: [Group], _ defaultIndex: Int, hasVideo: Bool) -> [Variant] {
    if hasVideo {
      let lowest = groups.enumerated().min { ($0.element.peak, $0.offset) < ($1.element.peak, $1.offset) }
      return lowest.map { [audioVariant($0.element, defaultIndex)] } ?? []
    }
    let alone = records.filter { $0.kind == .audio && $0.group == nil }.map { variant($0, nil) }
    return (groups.map { audioVariant($0, defaultIndex) } + alone).sorted { $0.peak < $1.peak }
  }

  private func audioVariant(_ group: Group, _ defaultIndex: Int) -> Variant {
    let main = group.members[defaultIndex]
    // Players fetch the variant's own playlist and, in another language, the group's member beside it.
    var others = group
    others.members.removeAll { $0.playlist == main.playlist }
    var variant = variant(main, others.members.isEmpty ? nil : others)
    if others.members.isEmpty { variant.attributes += ",AUDIO=\(PlaylistText.quoted(group.name))" }
    return variant
  }

  private func iframeVariant(_ record: RenditionRecord) -> String? {
    guard let playlist = record.iframePlaylist, let average = record.iframeAverageBitrate else { return nil }
    var attributes = rates(max(record.iframePeakBitrate ?? 0, average), average)
    // Of a stream with sound the picture's codec only, which stands first.
    let codec = record.codecs.split(separator: ",").first.map(String.init) ?? record.codecs
    attributes.append("CODECS=\(PlaylistText.quoted(codec))")
    if let size = record.size { attributes.append("RESOLUTION=\(size)") }
    if !isAllSDR { attributes.append("VIDEO-RANGE=\(record.videoRange ?? "SDR")") }
    attributes.append("URI=\(PlaylistText.quoted(PlaylistText.uri(playlist, from: key)))")
    return "#EXT-X-I-FRAME-STREAM-INF:" + attributes.joined(separator: ",")
  }
}

extension SoundPurpose {
  /// For CHARACTERISTICS (RFC 8216bis 4.4.6.1); nil where there is nothing to say.
  fileprivate var characteristics: String? {
    switch self {
    case .dialogue, .commentary: nil
    case .description: "public.accessibility.describes-video"
    case .clearSpeech: "public.accessibility.enhances-speech-intelligibility"
    }
  }
}
