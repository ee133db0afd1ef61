internal import Media
internal import Planning

/// The options that more than one command takes, declared once.
enum Options {
  static let json = OptionDeclaration(
    name: "--json", value: .flag, help: "one JSON document on standard output")
  static let log = OptionDeclaration(
    name: "--log", value: .choice(Log.Format.allCases.map(\.rawValue)),
    help: "how log lines look on standard error (default: text)")
  static let quiet = OptionDeclaration(
    name: "--quiet", value: .flag, help: "only warnings and errors on standard error")
  static let ladder = OptionDeclaration(
    name: "--ladder", value: .text("NAME|FILE"),
    help: "a preset of 'rung ladders' or a ladder file (default: default)")
  static let id = OptionDeclaration(
    name: "--id", value: .text("ID"), help: "the asset's id (default: from the file's name and its hash)")
  static let creator = OptionDeclaration(
    name: "--creator", value: .text("NAME"), help: "fills {creator} in the ladder's layout")
  static let keepSource = OptionDeclaration(
    name: "--keep-source", value: .flag, help: "put the source itself into the tree too (needs --creator)")
  static let segments = OptionDeclaration(
    name: "--segments", value: .choice(SegmentFormat.allCases.map(\.rawValue)),
    help: "fragmented MP4 (CMAF) or MPEG-TS")
  static let rateControl = OptionDeclaration(
    name: "--rate-control", value: .choice(RateControl.allCases.map(\.rawValue)),
    help: "capped: easy titles take fewer bits; fixed: the ladder's rates are hit")
  static let speed = OptionDeclaration(
    name: "--speed", value: .choice(Speed.allCases.map(\.rawValue)), help: "how hard the encoders try")
  static let maxHeight = OptionDeclaration(
    name: "--max-height", value: .number("N", 16...8640), help: "no rung whose box is higher than N")
  static let videoTrack = OptionDeclaration(
    name: "--video-track", value: .number("N", 0...255),
    help: "the stream that is the picture (default: the source's default one)")
  static let tolerance = OptionDeclaration(
    name: "--tolerance", value: .number("PERCENT", 0...100),
    help: "how much of a damaged source may be missing (default: 5)")
  static let copy = OptionDeclaration(
    name: "--copy", value: .flagOrChoice([CopyMode.prefer, .strict].map(\.rawValue)),
    help: "take streams over as they are where that is right; strict: refuse others")
  static let partSize = OptionDeclaration(
    name: "--part-size", value: .bytes("SIZE", 1 << 16...1 << 42),
    help: "the most that a part holds: 256MiB, 100MB, 1GB (default: 256MiB)")
  static let transcode = OptionDeclaration(
    name: "--transcode", value: .flag,
    help: "encode what cannot be copied, at the highest rung")
  static let into = OptionDeclaration(
    name: "--into", value: .text("TREE"), isRequired: true, help: "the output folder, shaped like a bucket")
  static let workers = OptionDeclaration(
    name: "--workers", value: .number("N", 1...256), help: "chunks encoded at a time (default: one a core)")
  static let maxWorkBytes = OptionDeclaration(
    name: "--max-work-bytes", value: .bytes("SIZE", 0...1 << 50),
    help: "the most that work of interrupted runs takes (default: 20GiB)")
  static let baseURL = OptionDeclaration(
    name: "--base-url", value: .text("URL"), help: "goes before the parts' addresses in a parts manifest")
  static let noVerify = OptionDeclaration(
    name: "--no-verify", value: .flag, help: "commit without the look that 'rung verify' would have")
  static let force = OptionDeclaration(
    name: "--force", value: .flag, help: "replace the asset, even if it is of another source or up to date")

  // What a source may ask for, and what the child that reads it may take.
  static let maxMemory = OptionDeclaration(
    name: "--max-memory", value: .bytes("SIZE", 512 << 20...1 << 50),
    help: "the most memory that one worker may ask for (default: 8GiB)")
  static let maxPixels = OptionDeclaration(
    name: "--max-pixels", value: .number("N", 1...1 << 30),
    help: "the most pixels of a source's picture (default: 67108864, that is 8192x8192)")
  static let maxStreams = OptionDeclaration(
    name: "--max-streams", value: .number("N", 1...9999),
    help: "the most streams of a source (default: 256)")
  static let maxHours = OptionDeclaration(
    name: "--max-hours", value: .number("N", 1...10_000),
    help: "the longest source, in hours (default: 24)")
  static let maxOutput = OptionDeclaration(
    name: "--max-output", value: .bytes("SIZE", 1 << 20...1 << 60),
    help: "the most that an asset may come to by its planned rates (default: 1TiB)")
  static let stallSeconds = OptionDeclaration(
    name: "--stall-seconds", value: .number("N", 1...86_400),
    help: "a worker that gets nothing done for so long is ended (default: 300)")

  static let logging = [log, quiet]
  /// Of all commands that read a source, and of those that plan what to make of it.
  static let reading = [maxPixels, maxStreams, maxMemory, stallSeconds]
  static let caps = [maxHours, maxOutput] + reading
  /// What overrides the ladder file: whatever plans takes all of these.
  static let planning = [
    ladder, id, creator, keepSource, copy, segments, rateControl, speed, maxHeight, videoTrack, tolerance,
  ]
}
