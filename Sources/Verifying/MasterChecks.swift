/// Judges what a master playlist says by itself: rules 7 and 9 to 12. What it says of the bytes is judged by
/// `VariantChecks`.
struct MasterChecks {
  let master: MasterPlaylist
  let findings: Findings
  private var path: String { master.path }

  init(_ master: MasterPlaylist, findings: Findings) { (self.master, self.findings) = (master, findings) }

  func check(renditions: [String: Rendition]) {
    let dependent = renditions.values.filter { $0.dependentSegments > 0 }.sorted { $0.path < $1.path }
    if master.isIndependent {
      for rendition in dependent {
        findings.add(
          .independentFalse, path,
          "EXT-X-INDEPENDENT-SEGMENTS, but \(rendition.dependentSegments) segments of \(findings.relative(rendition.path)) need those before them",
          with: [rendition.path])
      }
    } else if dependent.isEmpty, !renditions.values.allSatisfy({ !$0.isWhole }) {
      findings.add(
        .independentMissing, path,
        "no EXT-X-INDEPENDENT-SEGMENTS, expected since every segment begins with an IDR",
        with: Array(renditions.keys))
    }
    variants(renditions)
    groups()
    for media in master.media { check(media, renditions[media.path ?? ""]) }
    offer(renditions)
  }

  private func variants(_ renditions: [String: Rendition]) {
    var seen: Set<[String]> = []
    for variant in master.variants {
      let place = Place.line(variant.line)
      let isVideo = variant.path.flatMap { renditions[$0]?.video } != nil
      let wanted =
        ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"] + (isVideo ? ["RESOLUTION", "FRAME-RATE"] : [])
      require(wanted, variant.attributes, place)
      let groups = [("AUDIO", "AUDIO"), ("SUBTITLES", "SUBTITLES"), ("VIDEO", "VIDEO")]
      for (attribute, type) in groups {
        guard let group = variant.attributes[attribute] else { continue }
        if master.renditions(of: type, in: group).isEmpty {
          findings.add(
            .groupMissing, path, "\(attribute)=\"\(group)\", expected an EXT-X-MEDIA group of it", at: place)
        }
      }
      if let captions = variant.attributes["CLOSED-CAPTIONS"], captions != "NONE",
        master.renditions(of: "CLOSED-CAPTIONS", in: captions).isEmpty
      {
        findings.add(
          .groupMissing, path,
          "CLOSED-CAPTIONS=\"\(captions)\", expected an EXT-X-MEDIA group of it", at: place)
      }
      if let file = variant.path, !seen.insert([file, variant.attributes["AUDIO"] ?? ""]).inserted {
        findings.add(
          .variantDuplicate, path, "\(findings.relative(file)) again with the same audio group", at: place)
      }
    }
    let isWithout = master.variants.map { $0.attributes["CLOSED-CAPTIONS"] == "NONE" }
    if Set(isWithout).count > 1 {
      findings.add(
        .captionsWrong, path,
        "some variants have CLOSED-CAPTIONS=NONE and others not, expected it on all of them or on none")
    }
    let texts = Set(master.variants.map { $0.attributes["SUBTITLES"] != nil })
    if texts.count > 1 {
      findings.add(
        .groupMissing, path, "some variants have SUBTITLES and others not, expected it on all of them")
    }
    for iframe in master.iframes {
      require(
        ["BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS", "RESOLUTION"], iframe.attributes, .line(iframe.line))
    }
  }

  private func require(_ names: [String], _ attributes: AttributeList, _ place: Place) {
    for name in names where attributes[name] == nil {
      findings.add(.attributeMissing, path, "no \(name), expected one", at: place)
    }
  }

  private func groups() {
    var used: Set<[String]> = []
    for variant in master.variants {
      for type in ["AUDIO", "SUBTITLES", "VIDEO", "CLOSED-CAPTIONS"] {
        if let group = variant.attributes[type] { used.insert([type, group]) }
      }
    }
    let names = Set(master.media.map { [$0.type, $0.group] }).sorted { $0.joined() < $1.joined() }
    for name in names {
      let members = master.media.filter { [$0.type, $0.group] == name }
      let title = "group \(name[1]) of \(name[0])"
      if !used.contains(name) { findings.add(.groupUnused, path, "no variant refers to \(title)") }
      let labels = members.compactMap { $0.attributes["NAME"] }
      if Set(labels).count != labels.count {
        findings.add(
          .mediaName, path,
          "\(title) has the names \(labels.joined(separator: ", ")), expected different ones")
      }
      let chosen = members.filter { $0.attributes["AUTOSELECT"] == "YES" }.map { member in
        ["LANGUAGE", "ASSOC-LANGUAGE", "FORCED", "CHARACTERISTICS"].map { member.attributes[$0] ?? "" }
      }
      if name[0] == "SUBTITLES", Set(chosen).count != chosen.count {
        findings.add(
          .mediaDefault, path,
          "\(title) has AUTOSELECT members that neither language, FORCED nor CHARACTERISTICS tell apart",
          as: .warning)
      }
      let defaults = members.count { $0.attributes["DEFAULT"] == "YES" }
      if defaults > 1 {
        findings.add(.mediaDefault, path, "\(title) has \(defaults) defaults, expected one at most")
      }
    }
    // What is the same sound in another encoding is called the same, but for URI and CHANNELS (RFC 8216 4.3.4.1.1).
    let described = ["NAME", "LANGUAGE", "ASSOC-LANGUAGE", "DEFAULT", "AUTOSELECT", "CHARACTERISTICS"]
    let members = Dictionary(grouping: master.media.filter { $0.type == "AUDIO" }, by: \.group)
      .mapValues { Set($0.map { media in described.map { media.attributes[$0] ?? "" } }) }
    if Set(members.values).count > 1 {
      findings.add(
        .groupLanguages, path,
        "audio groups \(members.keys.sorted().joined(separator: ", ")) have different members, expected every language in each, by the same name"
      )
    }
  }

  private func check(_ media: MasterPlaylist.Media, _ rendition: Rendition?) {
    let place = Place.line(media.line)
    let attributes = media.attributes
    require(["TYPE", "GROUP-ID"], attributes, place)
    if attributes["NAME"]?.isEmpty ?? true {
      findings.add(.mediaName, path, "no NAME, expected one", at: place)
    }
    if let language = attributes["LANGUAGE"] {
      if !MasterChecks.isLanguage(language) {
        findings.add(.mediaLanguage, path, "LANGUAGE is \"\(language)\", expected a BCP 47 tag", at: place)
      }
    } else if media.type == "AUDIO" || media.type == "SUBTITLES" {
      findings.add(
        .mediaLanguage, path, "no LANGUAGE, expected one (und when unknown)", at: place, as: .warning)
    }
    if attributes["DEFAULT"] == "YES", attributes["AUTOSELECT"] == "NO" {
      findings.add(.mediaDefault, path, "DEFAULT=YES with AUTOSELECT=NO, expected YES", at: place)
    }
    if attributes["FORCED"] != nil, media.type != "SUBTITLES" {
      findings.add(.mediaDefault, path, "FORCED on \(media.type), it is for SUBTITLES only", at: place)
    }
    if media.type == "CLOSED-CAPTIONS" { captions(media, place) }
    guard media.type == "AUDIO" else { return }
    guard let channels = attributes["CHANNELS"] else {
      findings.add(
        .mediaChannels, path, "no CHANNELS, expected \(rendition?.audio?.channels ?? 2)", at: place)
      return
    }
    if let real = rendition?.audio?.channels, !channels.contains("/"),
      Decimal.integer(channels) != Int64(real)
    {
      findings.add(.mediaChannels, path, "CHANNELS is \(channels), expected \(real)", at: place)
    }
  }

  /// They are inside the pictures, by the name of their channel (RFC 8216 4.3.4.1).
  private func captions(_ media: MasterPlaylist.Media, _ place: Place) {
    if media.attributes["URI"] != nil {
      findings.add(.captionsWrong, path, "CLOSED-CAPTIONS with a URI, expected none", at: place)
    }
    guard let channel = media.attributes["INSTREAM-ID"] else {
      findings.add(.captionsWrong, path, "CLOSED-CAPTIONS without INSTREAM-ID, expected one", at: place)
      return
    }
    let lines = (1...4).map { "CC\($0)" }
    let services = (1...63).map { "SERVICE\($0)" }
    if !(lines + services).contains(channel) {
      findings.add(
        .captionsWrong, path,
        "INSTREAM-ID is \"\(channel)\", expected CC1 to CC4 or SERVICE1 to SERVICE63", at: place)
    }
  }

  static func isLanguage(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard let first = parts.first, (2...8).contains(first.count),
      first.allSatisfy({ $0.isASCII && $0.isLetter })
    else { return false }
    return parts.dropFirst().allSatisfy { part in
      (1...8).contains(part.count) && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }
  }

  /// What a complete ladder offers: stereo AAC, sound alone, I-frames. Advice, since a copied stream may have none.
  private func offer(_ renditions: [String: Rendition]) {
    let parts = master.renditionPaths.compactMap { renditions[$0] }
    let sounds = parts.compactMap(\.audio)
    let isStereo = { (facts: CodecFacts) in facts.codecs.hasPrefix("mp4a.40.") && (facts.channels ?? 2) <= 2 }
    if !sounds.isEmpty, !sounds.contains(where: isStereo) {
      findings.add(
        .stereoMissing, path, "no stereo AAC among \(sounds.map(\.codecs).joined(separator: ", "))")
    }
    let videos = Set(
      master.variants.compactMap { $0.path.flatMap { renditions[$0]?.video != nil ? $0 : nil } })
    let hasAudioOnly = master.variants.contains { variant in
      guard let rendition = variant.path.flatMap({ renditions[$0] }) else { return true }
      return rendition.video == nil && rendition.audio != nil
    }
    if videos.count > 1, master.media.contains(where: { $0.type == "AUDIO" && $0.path != nil }), !hasAudioOnly
    {
      findings.add(.audioOnlyMissing, path, "no audio-only variant, expected one in an adaptive ladder")
    }
    for variant in master.variants {
      guard let rendition = variant.path.flatMap({ renditions[$0] }), rendition.video == nil, !videos.isEmpty,
        rendition.isWhole, rendition.peakRate > 192_000
      else { continue }
      findings.add(
        .audioOnlyRate, path, "sound alone has a peak of \(rendition.peakRate), expected at most 192000",
        at: .line(variant.line))
    }
    if !videos.isEmpty, master.iframes.isEmpty {
      findings.add(.iframesMissing, path, "no EXT-X-I-FRAME-STREAM-INF, expected I-frame playlists")
    }
  }
}
