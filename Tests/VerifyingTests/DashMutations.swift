internal import TestKit
internal import Testing
internal import Verifying

extension TreeFixture {
  static let mpd = "packaged/clip/hls/manifest.mpd"

  /// Puts an MPD over the segments of the high rung.
  mutating func addManifest() {
    files[Self.mpd] = Array(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- of a test -->
      <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT6.0S">
        <Period>
          <AdaptationSet mimeType="video/mp4">
            <Representation id="720p" codecs="avc1.42c00a" bandwidth="9000000" width="64" height="48">
              <SegmentTemplate timescale="10" initialization="720p/init-0a1b2c3d.mp4"
                media="720p/seg-0a1b2c3d-$Number%05d$.m4s">
                <SegmentTimeline><S t="0" d="20" r="2"/></SegmentTimeline>
              </SegmentTemplate>
            </Representation>
          </AdaptationSet>
        </Period>
      </MPD>
      """.utf8)
  }
}

extension Mutation {
  private static func dash(_ code: FindingCode, _ name: String, _ old: String, _ new: String) -> Mutation {
    Mutation(code, name) {
      $0.addManifest()
      $0.replace(TreeFixture.mpd, old, new)
    }
  }

  static let manifests: [Mutation] = [
    dash(.mpdFormat, "not closed", "</MPD>", ""),
    dash(.mpdFormat, "an entity of its own", "<MPD ", "<!DOCTYPE x><MPD "),
    dash(.mpdFormat, "live", "static", "dynamic"),
    dash(.mpdFormat, "an unknown entity", "720p\" codecs", "&x;\" codecs"),
    dash(.mpdFile, "a name without padding", "%05d", ""),
    dash(.mpdFile, "out of the tree", "media=\"720p", "media=\"../../../../720p"),
    dash(.mpdFile, "no addresses", "SegmentTemplate", "SegmentThing"),
    dash(.mpdTimeline, "one segment too long", "d=\"20\"", "d=\"21\""),
    dash(.mpdTimeline, "starts late", "t=\"0\"", "t=\"1\""),
    dash(.mpdTimeline, "no timeline", "<S t", "<X t"),
    dash(.mpdDuration, "an hour", "PT6.0S", "PT1H6S"),
    dash(.mpdDuration, "no duration", "PT6.0S", "six"),
    dash(.mpdCodecs, "another level", "42c00a", "640028"),
    dash(.mpdCodecs, "another size", "width=\"64\"", "width=\"65\""),
    dash(.mpdBandwidth, "too low", "9000000", "9"),
  ]
}

@Suite struct DashTests {
  @Test func aTrueManifestHasNoFindings() throws {
    var tree = TreeFixture.cmaf
    tree.addManifest()
    tree.seal()
    let report = try tree.verify()
    #expect(report.findings == [])
    #expect(report.checked.playlists == 7)
    #expect(try tree.verify(TreeFixture.mpd).findings == [])
  }
}
