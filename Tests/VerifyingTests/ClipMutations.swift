internal import TestKit
internal import Verifying

extension Mutation {
  private static let clipFolder = "packaged/clip/"
  private static let movie = clipFolder + "video_480.mp4"
  private static let storyboard = clipFolder + "images/storyboard.vtt"
  private static let sheets = clipFolder + "images/storyboard.m3u8"

  static let clips: [Mutation] = [
    Mutation(.movieOrder, "moov at the end", .clip) { $0.files[movie] = FileTree.movie(isLast: true) },
    Mutation(.movieTables, "a sample too many", .clip) { $0.patch(movie, "stts", at: 12, be(11, 4)) },
    Mutation(.movieTables, "a chunk past the end", .clip) { $0.patch(movie, "stco", at: 12, be(1 << 20, 4)) },
    Mutation(.movieTables, "a duration that is not that of the samples", .clip) {
      $0.patch(movie, "mdhd", at: 20, be(30, 4))
    },
    Mutation(.boxMalformed, "a movie cut short", .clip) { $0.truncate(movie, by: 7) },
    Mutation(.segmentNotSync, "the second picture is the first sync sample", .clip) {
      $0.files[movie] = FileTree.movie(firstIsSync: false)
    },
    Mutation(.rotation, "turned by the matrix", .clip) {
      // tkhd: 36 bytes of matrix from byte 40 of the body on.
      $0.patch(movie, "tkhd", at: 4 + 40, be(0, 4) + be(1 << 16, 4) + be(0, 4) + be(-1 << 16, 4) + be(0, 4))
    },
    Mutation(.rotation, "in a fragmented track") {
      $0.patch(initial, "tkhd", at: 4 + 40, be(0, 4) + be(1 << 16, 4) + be(0, 4) + be(-1 << 16, 4) + be(0, 4))
    },
    Mutation(.imageFormat, "no picture", .clip) {
      $0.files[clipFolder + "poster.jpg"] = Array("<html>12345678</html>".utf8)
    },
    Mutation(.imageFormat, "cut short", .clip) { $0.truncate(clipFolder + "poster.jpg", by: 2) },
    Mutation(.imageTiles, "another size", .clip) { $0.replace(sheets, "16x12", "16x16") },
    Mutation(.imageTiles, "shown for too long", .clip) { $0.replace(sheets, "DURATION=0.5", "DURATION=0.4") },
    Mutation(.storyboard, "a place outside of the picture", .clip) {
      $0.replace(storyboard, "=16,0,", "=20,0,")
    },
    Mutation(.storyboard, "a picture that is not there", .clip) {
      $0.replace(storyboard, "storyboard-001.jpg#xywh=16", "storyboard-002.jpg#xywh=16")
    },
    Mutation(.documentFile, "a rendition that is not there", .clip) {
      $0.replace(clipFolder + "video.json", "video_480.mp4", "video_720.mp4")
    },
    Mutation(.documentFile, "no JSON", .clip) { $0.files[clipFolder + "video.json"] = [1, 2] },
  ]

  static let packed: [Mutation] = [
    Mutation(.audioTimestamp, "that jumps", .packed) { $0.files["2.aac"] = FileTree.packedSegment(999_240) },
    Mutation(.audioTimestamp, "none", .packed) { tree in
      tree.files["2.aac"] = Array((tree.files["2.aac"] ?? []).suffix(47 * 27))
    },
    Mutation(.audioFrame, "cut in a frame", .packed) { $0.truncate("2.aac", by: 5) },
    Mutation(.segmentFormat, "noise", .packed) { $0.files["1.aac"] = Array(repeating: 7, count: 900) },
  ]

  private static let ignoreFile = Ignores.fileName

  static let ignores: [Mutation] = [
    Mutation(.ignoreInvalid, "without a reason", .cmaf, .tree) {
      $0.files[ignoreFile] = Array("GOP-LONG =\n".utf8)
    },
    Mutation(.ignoreInvalid, "no such code", .cmaf, .tree) {
      $0.files[ignoreFile] = Array("GOP-LONGER = why\n".utf8)
    },
    Mutation(.ignoreInvalid, "one that is never ignored", .cmaf, .tree) {
      $0.files[ignoreFile] = Array("TREE-EMPTY = why\n".utf8)
    },
    Mutation(.ignoreUnused, "nothing is found", .cmaf, .tree) {
      $0.files[ignoreFile] = Array("# of a test\nGOP-LONG hls/* = why\n".utf8)
    },
    Mutation(.inputUnreadable, "no such file", path: "no-such-file.m3u8") { _ in },
  ]
}
