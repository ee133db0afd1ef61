internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// The texts of whole assets, line by line: what a user's CI can copy.
  @Suite struct GoldenTests {
    static let clips: [(fixture: String, segments: String)] = [
      ("holiday.mp4", "fmp4"), ("holiday.mp4", "ts"), ("vfr-phone.mp4", "fmp4"),
      ("two-languages.mkv", "fmp4"),
    ]

    @Test(arguments: clips)
    func playlistsAndManifests(_ fixture: String, _ segments: String) throws {
      let asset = try Packaged.asset(fixture, segments)
      for file in TreeDump.files(asset.folder) where file.hasSuffix(".m3u8") {
        Golden.expect(try asset.text("\(asset.folder)/\(file)"), "\(fixture)-\(segments)/\(file)")
      }
      var document = try asset.document()
      // Which libraries made it differs from machine to machine; what was made does not.
      #expect(document.removeValue(forKey: "made_by") != nil)
      Golden.expect(try JSON.pretty(document), "\(fixture)-\(segments)/asset.json")
      Golden.expect(TreeDump.text(asset.tree), "\(fixture)-\(segments)/tree.txt")
    }

    @Test(arguments: clips.filter { $0.segments == "fmp4" })
    func boxes(_ fixture: String, _ segments: String) throws {
      let asset = try Packaged.asset(fixture, segments)
      var text = ""
      for file in TreeDump.files(asset.folder) where file.hasSuffix(".mp4") || file.hasSuffix(".m4s") {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(asset.folder)/\(file)")))
        text += "\(file)\n\(BoxDump.text(bytes))\n"
      }
      #expect(text.contains("moof") && !text.contains("damaged"))
      Golden.expect(text, "\(fixture)-\(segments)/boxes.txt")
    }
  }
}
