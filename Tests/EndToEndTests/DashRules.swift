internal import Foundation
internal import FoundationXML

/// An MPD held against the rules of the DASH schema (ISO/IEC 23009-1, Annex B) for the elements that Rung writes: its
/// text in, sentences of what is wrong out. Elements and attributes that are in no table are wrong as well.
final class DashRules: NSObject, XMLParserDelegate {
  /// An element of the document.
  final class Element {
    let name: String
    let attributes: [String: String]
    var children: [Element] = []

    init(_ name: String, _ attributes: [String: String]) {
      self.name = name
      self.attributes = attributes
    }

    func all(_ name: String) -> [Element] { children.filter { $0.name == name } }
    func first(_ name: String) -> Element? { children.first { $0.name == name } }
  }

  /// What an attribute's value looks like: a regular expression of the whole.
  private enum Form {
    static let number = "[0-9]{1,10}"
    static let long = "[0-9]{1,19}"
    static let duration = "PT[0-9]+(\\.[0-9]+)?S"
    static let rate = "[0-9]+(/[1-9][0-9]*)?"
    static let yes = "true|false|[0-9]+"
    static let text = "[^<&]+"
    static let name = "[^\\s]+"
    static let range = "[0-9]+-[0-9]+"
    static let access = "[0-6]"
  }

  private struct Rule {
    /// In the order that the schema demands; `+` after those that may come more than once.
    var children: [String] = []
    var required: [String: String] = [:]
    var optional: [String: String] = [:]
  }

  private static let descriptor = Rule(required: ["schemeIdUri": Form.name], optional: ["value": Form.text])

  private static let rules: [String: Rule] = [
    "MPD": Rule(
      children: ["Period+"],
      required: [
        "xmlns": "urn:mpeg:dash:schema:mpd:2011", "profiles": "urn:mpeg:dash:profile:isoff-[a-z-]+:2011",
        "minBufferTime": Form.duration, "mediaPresentationDuration": Form.duration, "type": "static",
      ],
      optional: ["maxSegmentDuration": Form.duration]),
    "Period": Rule(
      children: ["AdaptationSet+"],
      optional: ["id": Form.text, "start": Form.duration, "duration": Form.duration]),
    "AdaptationSet": Rule(
      children: ["EssentialProperty+", "SupplementalProperty+", "Role+", "Representation+"],
      required: ["mimeType": "(video|audio)/mp4"],
      optional: [
        "id": Form.number, "contentType": "video|audio", "lang": "[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*",
        "maxWidth": Form.number, "maxHeight": Form.number, "maxFrameRate": Form.rate,
        "segmentAlignment": Form.yes, "subsegmentAlignment": Form.yes, "startWithSAP": Form.access,
        "subsegmentStartsWithSAP": Form.access,
      ]),
    "EssentialProperty": descriptor, "SupplementalProperty": descriptor, "Role": descriptor,
    "AudioChannelConfiguration": descriptor,
    "Representation": Rule(
      children: ["AudioChannelConfiguration+", "BaseURL+", "SegmentBase", "SegmentList", "SegmentTemplate"],
      required: ["id": Form.name, "bandwidth": "[1-9][0-9]{0,9}", "codecs": "[A-Za-z0-9][^ ]*"],
      optional: [
        "width": Form.number, "height": Form.number, "frameRate": Form.rate, "sar": "[0-9]+:[0-9]+",
        "audioSamplingRate": Form.number,
      ]),
    "BaseURL": Rule(),
    "SegmentBase": Rule(
      children: ["Initialization"],
      optional: ["timescale": Form.number, "indexRange": Form.range, "indexRangeExact": "true|false"]),
    "SegmentList": Rule(
      children: ["Initialization", "SegmentTimeline", "SegmentURL+"], optional: ["timescale": Form.number]),
    "SegmentTemplate": Rule(
      children: ["SegmentTimeline"], required: ["media": Form.text, "initialization": Form.text],
      optional: ["timescale": Form.number, "startNumber": Form.number]),
    "Initialization": Rule(optional: ["sourceURL": Form.text, "range": Form.range]),
    "SegmentURL": Rule(optional: ["media": Form.text, "mediaRange": Form.range]),
    "SegmentTimeline": Rule(children: ["S+"]),
    "S": Rule(required: ["d": "[1-9][0-9]{0,18}"], optional: ["t": Form.long, "r": Form.number]),
  ]

  private(set) var root: Element?
  private(set) var faults: [String] = []
  private var open: [Element] = []

  static func check(_ text: String) -> (root: Element?, faults: [String]) {
    let rules = DashRules()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = rules
    if !parser.parse() { rules.faults.append("it is no well-formed XML, line \(parser.lineNumber)") }
    guard let root = rules.root, root.name == "MPD" else { return (nil, rules.faults + ["it has no MPD"]) }
    rules.check(root)
    return (root, rules.faults)
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    let element = Element(name, attributes)
    if let parent = open.last { parent.children.append(element) } else { root = element }
    open.append(element)
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    open.removeLast()
  }

  private func check(_ element: Element) {
    guard let rule = Self.rules[element.name] else { return faults.append("unknown element \(element.name)") }
    for (name, form) in rule.required where element.attributes[name] == nil {
      faults.append("\(element.name) lacks \(name) (\(form))")
    }
    for (name, value) in element.attributes {
      guard let form = rule.required[name] ?? rule.optional[name] else {
        faults.append("\(element.name) has no attribute \(name)")
        continue
      }
      if value.range(of: "^(\(form))$", options: .regularExpression) == nil {
        faults.append("\(element.name)@\(name) is '\(value)', expected \(form)")
      }
    }
    var at = 0
    for child in element.children {
      let places = rule.children.indices.filter { $0 >= at }
      guard let place = places.first(where: { rule.children[$0].hasPrefix(child.name) }) else {
        faults.append("\(child.name) is out of order in \(element.name)")
        continue
      }
      at = rule.children[place].hasSuffix("+") ? place : place + 1
      check(child)
    }
  }
}
