internal import Media

/// Judges an MPD against the files that it names: what it says of segments, times, codecs and sizes has to be what
/// their bytes say.
final class DashChecks {
  private static let limit = 64 << 20
  private static let mostSegments = 1_000_000

  private let path: String
  private let files: TreeFiles
  private let findings: Findings
  /// Every file that it leads to, and itself.
  private(set) var reached: Set<String> = []

  /// A segment as the manifest describes it, in ticks of its timescale.
  struct Segment {
    var resource: Resource
    var start: Int64
    var duration: Int64
  }

  init(path: String, files: TreeFiles, findings: Findings) {
    (self.path, self.files, self.findings) = (path, files, findings)
  }

  func check() {
    reached.insert(path)
    findings.checked.playlists += 1
    do throws(Malformed) {
      guard let bytes = try InputFile.open(path)?.whole(limit: Self.limit) else {
        throw Malformed("it cannot be opened")
      }
      let root = try MarkupReader.read(Array(bytes))
      let periods = root.all("Period")
      guard root.name == "MPD", !periods.isEmpty else {
        throw Malformed("the root is not an MPD with a Period")
      }
      if (root.attributes["type"] ?? "static") != "static" {
        findings.add(
          .mpdFormat, path,
          "type is \(root.attributes["type"] ?? ""), as of something that goes on; expected static")
      }
      check(periods, of: root)
    } catch {
      findings.add(.mpdFormat, path, error.what)
    }
  }

  private func check(_ periods: [MarkupElement], of root: MarkupElement) {
    var longest: Nanoseconds = 0
    let whole = Self.duration(root.attributes["mediaPresentationDuration"] ?? "")
    for period in periods {
      var end: Nanoseconds = 0
      let length = Self.duration(period.attributes["duration"] ?? "") ?? (periods.count == 1 ? whole : nil)
      let base = (root.first("BaseURL")?.text ?? "") + (period.first("BaseURL")?.text ?? "")
      for set in period.all("AdaptationSet") {
        for representation in set.all("Representation") {
          let name = representation.attributes["id"] ?? "?"
          if isText(set, representation, base) { continue }
          guard
            let inside = DashAddresses(
              self, set: set, representation: representation, base: base, length: length)
          else { continue }
          guard let own = check(inside, set, representation, name) else { continue }
          end = max(end, own)
        }
      }
      longest = sum(longest, end)
    }
    guard longest > 0 else { return }
    let text = root.attributes["mediaPresentationDuration"] ?? ""
    // Of something that goes on the length is not known.
    if text.isEmpty, (root.attributes["type"] ?? "static") != "static" { return }
    guard let said = Self.duration(text) else {
      findings.add(.mpdDuration, path, "mediaPresentationDuration is \"\(text.prefix(40))\"")
      return
    }
    // The sound's last frame may reach beyond the pictures.
    if distance(said, longest) > second / 10 {
      findings.add(
        .mpdDuration, path, "mediaPresentationDuration is \(seconds(said)), expected \(seconds(longest))")
    }
  }

  /// A text track in one file has neither segments nor boxes: it has to be there.
  private func isText(_ set: MarkupElement, _ representation: MarkupElement, _ base: String) -> Bool {
    let kind = representation.attributes["mimeType"] ?? set.attributes["mimeType"] ?? ""
    let ways = ["SegmentTemplate", "SegmentList", "SegmentBase"]
    guard kind.hasPrefix("text/"), !ways.contains(where: { representation.first($0) ?? set.first($0) != nil })
    else { return false }
    let uri = base + (representation.first("BaseURL")?.text ?? "")
    _ = resource(uri, nil, representation.attributes["id"] ?? "?")
    return true
  }

  /// Where the representation ends; nil when its bytes cannot be read.
  private func check(
    _ inside: DashAddresses, _ set: MarkupElement, _ representation: MarkupElement, _ name: String
  ) -> Nanoseconds? {
    guard let file = InputFile.open(inside.initial.path), inside.initial.length <= Int64(InitSegment.limit),
      let bytes = try? file.read(inside.initial.offset, Int(inside.initial.length)),
      let track = (try? InitSegment.parse(bytes))?.tracks.first, track.timescale > 0
    else {
      findings.add(.mpdFile, path, "\(name): the initialization cannot be read")
      return nil
    }
    facts(track, set, representation, name)
    var (bytesOfMedia, ticks): (Int64, Int64) = (0, 0)
    for (index, segment) in inside.segments.enumerated() {
      guard let real = measure(segment.resource, track) else {
        findings.add(.mpdFile, path, "\(name): segment \(index + 1) cannot be read")
        return nil
      }
      let start = rescale(
        segment.start, from: Rational(1, inside.timescale), to: Rational(1, track.timescale))
      let length = rescale(
        segment.duration, from: Rational(1, inside.timescale), to: Rational(1, track.timescale))
      // Segments that are only counted may begin up to half of their length beside their place (ISO 23009-1 7.2.1).
      // What an edit list skips may be counted or not: presentation time is without it.
      let spare = inside.isNominal ? max(1, length / 2) : track.isVideo ? 0 : track.skipped
      let isLast = index + 1 == inside.segments.count
      if distance(start, real.start) > spare
        || (distance(length, real.duration) > spare && !(inside.isNominal && isLast))
      {
        findings.add(
          .mpdTimeline, path,
          "\(name): segment \(index + 1) is at \(start) for \(length), expected \(real.start) for \(real.duration)"
        )
      }
      bytesOfMedia = sum(bytesOfMedia, segment.resource.length)
      ticks = sum(ticks, real.duration)
    }
    let rate = Rendition.rate(bytesOfMedia, nanoseconds(ticks, track.timescale))
    if let said = Decimal.integer(representation.attributes["bandwidth"] ?? ""), said >= rate - 1 {
    } else {
      findings.add(
        .mpdBandwidth, path,
        "\(name): bandwidth is \(representation.attributes["bandwidth"] ?? "missing"), the average is \(rate)"
      )
    }
    guard let last = inside.segments.last, let real = measure(last.resource, track) else { return nil }
    let skipped = track.isVideo ? 0 : track.skipped
    return nanoseconds(sum(sum(real.start, real.duration), -skipped), track.timescale)
  }

  private func facts(
    _ track: InitSegment.Track, _ set: MarkupElement, _ representation: MarkupElement, _ name: String
  ) {
    guard let facts = track.facts else { return }
    let attribute = { (key: String) in representation.attributes[key] ?? set.attributes[key] }
    if attribute("codecs").map({ CodecFacts.comparable($0) }) != CodecFacts.comparable(facts.codecs) {
      findings.add(
        .mpdCodecs, path, "\(name): codecs is \(attribute("codecs") ?? "missing"), expected \(facts.codecs)")
    }
    if let size = facts.size, facts.isVideo {
      let said = "\(attribute("width") ?? "?")x\(attribute("height") ?? "?")"
      if said != size.description {
        findings.add(.mpdCodecs, path, "\(name): the size is \(said), expected \(size)")
      }
    }
  }

  /// Decode time and duration of what lies in a range, from its fragments.
  private func measure(_ resource: Resource, _ track: InitSegment.Track) -> (start: Int64, duration: Int64)? {
    guard let file = InputFile.open(resource.path) else { return nil }
    var walker = BoxWalker(file, resource.offset..<resource.end)
    var (start, duration, pending): (Int64?, Int64, BoxPlace?) = (nil, 0, nil)
    while let box = try? walker.next() {
      if box.type == "moof" { pending = box }
      guard box.type == "mdat", let moof = pending else { continue }
      pending = nil
      guard let fragment = try? Fragment(moof: moof, mdat: box, file: file, tracks: [track]),
        let run = fragment.tracks.first
      else { return nil }
      start = start ?? run.decodeTime
      duration = sum(duration, run.duration)
    }
    return start.map { ($0, duration) }
  }

  // MARK: Files

  func fail(_ what: String) { findings.add(.mpdFile, path, what) }
  func failTimes(_ what: String) { findings.add(.mpdTimeline, path, what) }

  /// A file that it names, or a range (`first-last`) of it.
  func resource(_ uri: String, _ range: String?, _ name: String) -> Resource? {
    guard let found = TreeFiles.join(uri, to: path, root: files.root), let file = TreeFiles.file(found) else {
      fail("\(name): there is no file \"\(uri.prefix(120))\" in the tree")
      return nil
    }
    reached.insert(found)
    guard let range else { return Resource(path: found, offset: 0, length: file.size) }
    let ends = range.split(separator: "-").compactMap { Decimal.integer(String($0)) }
    guard ends.count == 2, ends[0] >= 0, ends[1] >= ends[0], ends[1] < file.size else {
      fail("\(name): the range \(range.prefix(40)) is not in the \(file.size) bytes of \(uri.prefix(120))")
      return nil
    }
    return Resource(path: found, offset: ends[0], length: ends[1] - ends[0] + 1)
  }

  /// `PT8.5S`, `PT1H2M3.4S`.
  static func duration(_ text: String) -> Nanoseconds? {
    guard text.hasPrefix("PT") else { return nil }
    var rest = text.dropFirst(2)
    var sum: Nanoseconds = 0
    for (unit, seconds) in [(Character("H"), Int64(3600)), ("M", 60)] {
      guard let end = rest.firstIndex(of: unit) else { continue }
      guard let count = Decimal.digits(rest[..<end], 1...6) else { return nil }
      sum += count * seconds * second
      rest = rest[end...].dropFirst()
    }
    guard !rest.isEmpty else { return sum }
    guard rest.last == "S" else { return nil }
    let halves = rest.dropLast().split(separator: ".", omittingEmptySubsequences: false)
    guard halves.allSatisfy({ Decimal.digits($0, 1...9) != nil }),
      let seconds = Decimal.number(rest.dropLast())
    else { return nil }
    return sum + seconds.value
  }

  static var segmentLimit: Int { mostSegments }
}

/// The segments of one representation, found by whichever of the three ways its MPD takes: a template of names, a
/// list, or the index in one file.
struct DashAddresses {
  private(set) var initial: Resource
  private(set) var segments: [DashChecks.Segment] = []
  private(set) var timescale: Int64 = 1
  /// All segments have one length, but for what cannot be cut there.
  private(set) var isNominal = false

  /// nil after a finding. `base`: what the manifest puts before every address; `length`: of the Period, where known.
  init?(
    _ checks: DashChecks, set: MarkupElement, representation: MarkupElement, base outer: String,
    length: Nanoseconds?
  ) {
    let name = representation.attributes["id"] ?? "?"
    let base = outer + ((representation.first("BaseURL") ?? set.first("BaseURL"))?.text ?? "")
    func node(_ kind: String) -> MarkupElement? { representation.first(kind) ?? set.first(kind) }
    guard let way = node("SegmentTemplate") ?? node("SegmentList") ?? node("SegmentBase") else {
      checks.fail("\(name): neither SegmentTemplate, SegmentList nor SegmentBase")
      return nil
    }
    timescale = Decimal.integer(way.attributes["timescale"] ?? "1") ?? 0
    guard timescale > 0 else {
      checks.failTimes("\(name): the timescale is no positive number")
      return nil
    }
    let start = way.first("Initialization")
    let prefix = base.hasSuffix("/") ? base : outer
    let named = way.attributes["initialization"].map { Self.fill($0, number: 0, time: 0, name) }
    let initialName = (named ?? start?.attributes["sourceURL"]).map { prefix + $0 } ?? base
    guard let initial = checks.resource(initialName, start?.attributes["range"], name) else { return nil }
    self.initial = initial
    if way.name == "SegmentBase" {
      guard let index = checks.resource(base, way.attributes["indexRange"] ?? "", name), readIndex(index)
      else {
        checks.fail("\(name): indexRange is not that of one sidx")
        return nil
      }
      return
    }
    var times = Self.times(way.first("SegmentTimeline"))
    if times.isEmpty, let each = way.attributes["duration"].flatMap({ Decimal.integer($0) }), let length {
      isNominal = true
      times = Self.times(each: each, count: way.all("SegmentURL").count, timescale, length)
    }
    guard !times.isEmpty else {
      checks.failTimes("\(name): there is no SegmentTimeline with segments")
      return nil
    }
    let listed = way.all("SegmentURL")
    if way.name == "SegmentList", listed.count != times.count {
      checks.failTimes("\(name): \(listed.count) segments, and times of \(times.count)")
      return nil
    }
    let first = Decimal.integer(way.attributes["startNumber"] ?? "1") ?? 1
    for (index, time) in times.enumerated() {
      let isListed = way.name == "SegmentList"
      let uri =
        isListed
        ? listed[index].attributes["media"].map { prefix + $0 } ?? base
        : prefix
          + Self.fill(way.attributes["media"] ?? "", number: sum(first, Int64(index)), time: time.start, name)
      let range = isListed ? listed[index].attributes["mediaRange"] : nil
      guard let resource = checks.resource(uri, range, name) else { return nil }
      segments.append(DashChecks.Segment(resource: resource, start: time.start, duration: time.duration))
    }
  }

  private static func times(
    each: Int64, count: Int, _ timescale: Int64, _ length: Nanoseconds
  ) -> [(start: Int64, duration: Int64)] {
    guard each > 0, each < 1 << 50 else { return [] }
    let ticks = rescale(length, from: Rational(1, second), to: Rational(1, timescale))
    // What is left at the end may be a rounding of the length.
    let needed = count > 0 ? Int64(count) : max(1, (ticks - each / 100 + each - 1) / each)
    guard needed > 0, needed < Int64(DashChecks.segmentLimit) else { return [] }
    return (0..<needed).map { ($0 &* each, each) }
  }

  private static func times(_ timeline: MarkupElement?) -> [(start: Int64, duration: Int64)] {
    var result: [(start: Int64, duration: Int64)] = []
    var time: Int64 = 0
    for entry in timeline?.all("S") ?? [] {
      time = entry.attributes["t"].flatMap(Decimal.integer) ?? time
      guard let duration = Decimal.integer(entry.attributes["d"] ?? ""), duration > 0 else { return [] }
      let repeats = Decimal.integer(entry.attributes["r"] ?? "0") ?? 0
      guard (0...Int64(DashChecks.segmentLimit)).contains(repeats),
        result.count + Int(repeats) < DashChecks.segmentLimit
      else { return [] }
      for _ in 0...repeats {
        result.append((time, duration))
        time = sum(time, duration)
      }
    }
    return result
  }

  /// `$Number$`, `$Number%05d$`, `$Time$` and `$RepresentationID$`.
  private static func fill(_ template: String, number: Int64, time: Int64, _ name: String) -> String {
    template.replacing(/\$(Number|Time|RepresentationID)(?:%0(\d{1,2})d)?\$/) { match -> String in
      if match.1 == "RepresentationID" { return name }
      let digits = String(match.1 == "Number" ? number : time)
      let width = match.2.flatMap { Int($0) } ?? 1
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
  }

  /// ISO/IEC 14496-12 8.16.3; sizes are counted from the end of the box.
  private mutating func readIndex(_ place: Resource) -> Bool {
    guard place.length <= 16 << 20, let file = InputFile.open(place.path),
      let bytes = try? file.read(place.offset, Int(place.length)),
      let boxes = try? Box.list(bytes), boxes.count == 1, let box = boxes.first, box.type == "sidx"
    else { return false }
    do throws(Malformed) {
      var cursor = Cursor(box.body)
      let version = try cursor.fullBox().version
      try cursor.skip(4)
      timescale = Int64(try cursor.u32())
      guard timescale > 0 else { return false }
      var time = version == 0 ? Int64(try cursor.u32()) : Int64(clamping: try cursor.u64())
      let gap = version == 0 ? Int64(try cursor.u32()) : Int64(clamping: try cursor.u64())
      try cursor.skip(2)
      var offset = sum(place.end, gap)
      for _ in 0..<(try cursor.u16()) {
        let size = Int64(try cursor.u32()) & 0x7fff_ffff
        let duration = Int64(try cursor.u32())
        try cursor.skip(4)
        guard sum(offset, size) <= file.size else { return false }
        segments.append(
          DashChecks.Segment(
            resource: Resource(path: place.path, offset: offset, length: size), start: time,
            duration: duration))
        offset = sum(offset, size)
        time = sum(time, duration)
      }
      return !segments.isEmpty
    } catch {
      return false
    }
  }
}
