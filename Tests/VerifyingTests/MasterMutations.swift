internal import TestKit
internal import Verifying

extension Mutation {
  private static let captions = "#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"C\""

  static let masters: [Mutation] = [
    Mutation(.playlistEmpty, "no variants") {
      $0.files[master] = Array("#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID=\"a\",VALUE=\"b\"\n".utf8)
    },
    Mutation(.independentMissing, "not said") { $0.replace(master, "#EXT-X-INDEPENDENT-SEGMENTS\n", "") },
    Mutation(.variantDuplicate, "twice") {
      $0.replace(
        master, "#EXT-X-INDEPENDENT-SEGMENTS\n",
        "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"aac\"\n720p/index.m3u8\n")
    },
    Mutation(.groupMissing, "misspelt") {
      $0.replace(master, "FRAME-RATE=10.000,AUDIO=\"aac\"", "FRAME-RATE=10.000,AUDIO=\"ac\"")
    },
    Mutation(.groupUnused, "no variant refers to it") { $0.replace(master, ",AUDIO=\"aac\"", "") },
    Mutation(.groupLanguages, "English in one, French in the other") {
      $0.replace(
        master, "#EXT-X-MEDIA:",
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"b\",NAME=\"F\",LANGUAGE=\"fr\",CHANNELS=\"2\",URI=\"audio-aac-2-en/index.m3u8\"\n#EXT-X-MEDIA:"
      )
    },
    Mutation(.groupLanguages, "the same language by another name") {
      $0.replace(
        master, "#EXT-X-MEDIA:",
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"b\",NAME=\"F\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio-aac-2-en/index.m3u8\"\n#EXT-X-MEDIA:"
      )
    },
    Mutation(.mediaName, "the same twice") { addSecond(&$0, "NAME=\"English\",LANGUAGE=\"fr\"") },
    Mutation(.mediaName, "none") { $0.replace(master, "NAME=\"English\",", "") },
    Mutation(.mediaLanguage, "no tag") {
      $0.replace(master, "LANGUAGE=\"en\"", "LANGUAGE=\"English language\"")
    },
    Mutation(.mediaLanguage, "none") { $0.replace(master, "LANGUAGE=\"en\",", "") },
    Mutation(.mediaDefault, "two") { addSecond(&$0, "NAME=\"F\",LANGUAGE=\"fr\",DEFAULT=YES") },
    Mutation(.mediaDefault, "not selected by itself") {
      $0.replace(master, "AUTOSELECT=YES", "AUTOSELECT=NO")
    },
    Mutation(.mediaChannels, "six for stereo") { $0.replace(master, "CHANNELS=\"2\"", "CHANNELS=\"6\"") },
    Mutation(.mediaChannels, "none") { $0.replace(master, "CHANNELS=\"2\",", "") },
    Mutation(.captionsWrong, "in one variant of two none") {
      $0.replace(
        master, "#EXT-X-STREAM-INF:",
        "#EXT-X-STREAM-INF:CLOSED-CAPTIONS=NONE,BANDWIDTH=1\n720p/index.m3u8\n#EXT-X-STREAM-INF:")
    },
    Mutation(.captionsWrong, "without a channel") {
      $0.replace(master, "#EXT-X-MEDIA:", "\(captions)\n#EXT-X-MEDIA:")
    },
    Mutation(.captionsWrong, "a channel that is none") {
      $0.replace(master, "#EXT-X-MEDIA:", "\(captions),INSTREAM-ID=\"CC5\"\n#EXT-X-MEDIA:")
    },
    Mutation(.captionsWrong, "in a file") {
      $0.replace(
        master, "#EXT-X-MEDIA:", "\(captions),INSTREAM-ID=\"CC1\",URI=\"720p/index.m3u8\"\n#EXT-X-MEDIA:")
    },
    Mutation(.audioOnlyRate, "sound of 200 kbit/s") {
      for number in 1...3 {
        $0.append(sound + "seg-0a1b2c3d-0000\(number).m4s", box("free", zeros(52_000)))
      }
    },
    Mutation(
      .independentFalse, "segments that begin without an IDR"
    ) {
      $0.patch(next, "trun", at: 24, be(0x101_0000, 4))
    },
    Mutation(.aspectDiffers, "a square one") {
      $0.files[low + "init-0a1b2c3d.mp4"] = FragmentBuilder.video(columns: 2, rows: 3)
    },
    Mutation(.frameRateHigh, "a hundred a second") {
      $0.patch(initial, "mdhd", at: 16, be(100, 4))
    },
    Mutation(.discontinuityDiffers, "in one rendition") {
      $0.replace(index, "seg-0a1b2c3d-00001.m4s\n", "seg-0a1b2c3d-00001.m4s\n#EXT-X-DISCONTINUITY\n")
    },
    Mutation(.codecsWrong, "another level") { $0.replace(master, "avc1.42c00a,", "avc1.42c00b,") },
    Mutation(.codecsWrong, "without the sound") {
      $0.replace(master, "avc1.42c00a,mp4a.40.2", "avc1.42c00a")
    },
    Mutation(.codecsWrong, "in a transport stream", .transport) {
      $0.replace(master, "mp4a.40.2", "mp4a.40.5")
    },
    Mutation(.resolutionWrong, "of the box, not of the picture") { $0.replace(master, "64x48", "64x36") },
    Mutation(.frameRateWrong, "another") { $0.replace(master, "10.000", "12.000") },
    Mutation(.frameRateWrong, "without decimals") { $0.replace(master, "10.000", "10") },
    Mutation(.videoRangeWrong, "PQ for SDR") {
      $0.replace(master, "RESOLUTION=", "VIDEO-RANGE=PQ,RESOLUTION=")
    },
    Mutation(.videoRangeWrong, "PQ in the bytes") { $0.patch(initial, "nclx", at: 6, be(16, 2)) },
    Mutation(.bandwidthLow, "of the average") {
      $0.files[next]?.append(contentsOf: box("free", zeros(4000)))
    },
    Mutation(.bandwidthHigh, "ten times") {
      $0.replace(master, "STREAM-INF:BANDWIDTH=", "STREAM-INF:BANDWIDTH=1")
    },
    Mutation(.bandwidthLow, "of I-frames") {
      $0.replace(master, "I-FRAME-STREAM-INF:BANDWIDTH=", "I-FRAME-STREAM-INF:BANDWIDTH=1,X-OLD=")
    },
    Mutation(.averageWrong, "ten times") { $0.replace(master, "AVERAGE-BANDWIDTH=", "AVERAGE-BANDWIDTH=1") },
    Mutation(.peakRatio, "one fat segment") { $0.files[next]?.append(contentsOf: box("free", zeros(60000))) },
    Mutation(.stereoMissing, "5.1 alone") { $0.replaceBytes(soundInit, [0x11, 0x90], [0x11, 0xB0]) },
    Mutation(.audioOnlyMissing, "video variants alone") { tree in
      let lines = String(decoding: tree.files[master] ?? [], as: UTF8.self).split(separator: "\n").dropLast(2)
      tree.files[master] = Array((lines.joined(separator: "\n") + "\n").utf8)
    },
    Mutation(.iframesMissing, "none") { tree in
      let lines = String(decoding: tree.files[master] ?? [], as: UTF8.self).split(separator: "\n")
      let kept = lines.filter { !$0.hasPrefix("#EXT-X-I-FRAME") }
      tree.files[master] = Array((kept.joined(separator: "\n") + "\n").utf8)
    },
    Mutation(.iframeRange, "one byte short") {
      tree in
      let text = String(decoding: tree.files[iframes] ?? [], as: UTF8.self)
      guard let range = text.firstMatch(of: /BYTERANGE:(\d+)@24/), let length = Int(range.1) else { return }
      tree.replace(iframes, "BYTERANGE:\(length)@24", "BYTERANGE:\(length - 1)@24")
    },
    Mutation(.iframeRange, "one byte late") { $0.replace(iframes, "@24\n", "@25\n") },
    Mutation(.iframeRange, "without the tables' packet", .transport) {
      $0.replace(iframes, "@0\n", "@188\n")
    },
    Mutation(.iframeRange, "not said to be one") { $0.replace(iframes, "#EXT-X-I-FRAMES-ONLY\n", "") },
    Mutation(.iframeCoverage, "one a segment") { tree in
      let lines = String(decoding: tree.files[iframes] ?? [], as: UTF8.self).split(separator: "\n")
      tree.files[iframes] = Array((lines.dropLast(4) + lines.suffix(1)).joined(separator: "\n").utf8)
    },
  ]

  private static func addSecond(_ tree: inout TreeFixture, _ attributes: String) {
    tree.replace(
      master, "#EXT-X-MEDIA:",
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",\(attributes),CHANNELS=\"2\",URI=\"audio-aac-2-en/index.m3u8\"\n#EXT-X-MEDIA:"
    )
  }
}
