internal import Media

/// What was made, at the end of a packaging: records in, an aligned table out with the rates that were planned
/// beside those that were measured, and a line of totals.
enum SummaryTable {
  static func render(_ records: [RenditionRecord], milliseconds: Int64) -> String {
    var table = Table([
      .init(title: "rendition"), .init(title: "codecs"), .init(title: "picture"),
      .init(title: "planned", isNumber: true), .init(title: "average", isNumber: true),
      .init(title: "peak", isNumber: true), .init(title: "segments", isNumber: true),
      .init(title: "size", isNumber: true),
    ])
    for record in records {
      table.add([
        record.name, record.codecs, picture(record),
        record.plannedBitrate.map { Human.kilobits(Int64($0)) } ?? "",
        Human.kilobits(record.averageBitrate), Human.kilobits(record.peakBitrate), String(record.segments),
        Human.bytes(record.bytes),
      ])
    }
    let bytes = records.reduce(Int64(0)) { $0 &+ $1.bytes }
    let length = records.map(\.duration).max().map { Human.duration($0) + " of media, " } ?? ""
    return table.render() + "\(length)\(Human.bytes(bytes)) in \(Human.clock(milliseconds: milliseconds)); "
      + "rates in kbit/s\n"
  }

  private static func picture(_ record: RenditionRecord) -> String {
    if let size = record.size {
      return "\(size)" + (record.frameRate.map { " " + Human.frameRate($0) + " fps" } ?? "")
    }
    guard let channels = record.channels else { return "" }
    return "\(channels) ch" + (record.sampleRate.map { " \($0) Hz" } ?? "")
  }
}
