internal import TestKit
internal import Verifying

extension Mutation {
  static let playlists: [Mutation] = [
    Mutation(.treeEmpty, "nothing there", .cmaf, .tree) { $0.files = ["readme.txt": [65]] },
    Mutation(.playlistEncoding, "byte order mark") {
      $0.files[index]?.insert(contentsOf: [0xEF, 0xBB, 0xBF], at: 0)
    },
    Mutation(.playlistEncoding, "no UTF-8") { $0.files[index]?.append(contentsOf: [0x23, 0xFF, 10]) },
    Mutation(.playlistEncoding, "control character") { $0.files[index]?.append(contentsOf: [0x23, 7, 10]) },
    Mutation(.playlistHeader, "no header") { $0.replace(index, "#EXTM3U\n", "") },
    Mutation(.playlistHeader, "an empty line before it") { $0.replace(index, "#EXTM3U\n", "\n#EXTM3U\n") },
    Mutation(.playlistEmpty, "no segments") {
      $0.files[index] = Array(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-ENDLIST\n".utf8)
    },
    Mutation(.tagUnknown, "misspelt") { $0.replace(index, "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-MEDIA-SEQUENZE") },
    Mutation(.tagDuplicate, "two versions") {
      $0.replace(index, "#EXT-X-VERSION:6\n", "#EXT-X-VERSION:6\n#EXT-X-VERSION:6\n")
    },
    Mutation(.tagPlace, "media tag in the master") {
      $0.replace(master, "#EXT-X-VERSION:6\n", "#EXT-X-TARGETDURATION:2\n")
    },
    Mutation(.tagPlace, "URI without EXTINF") {
      $0.replace(index, "#EXT-X-ENDLIST", "seg-0a1b2c3d-00001.m4s\n#EXT-X-ENDLIST")
    },
    Mutation(.tagPlace, "EXTINF without URI") {
      $0.replace(index, "#EXT-X-ENDLIST", "#EXTINF:2.0,\n#EXT-X-ENDLIST")
    },
    Mutation(.tagPlace, "a master named by a master") { $0.files[index] = $0.files[master] },
    Mutation(.tagValue, "EXTINF without comma") {
      $0.replace(index, "#EXTINF:2.000000,", "#EXTINF:2.000000")
    },
    Mutation(.tagValue, "target with decimals") { $0.replace(index, "DURATION:2\n", "DURATION:2.0\n") },
    Mutation(.attributeSyntax, "unquoted CODECS") {
      $0.replace(master, "CODECS=\"mp4a.40.2\"", "CODECS=mp4a.40.2")
    },
    Mutation(.attributeSyntax, "comma at the end") {
      $0.replace(master, "URI=\"720p/iframes.m3u8\"", "URI=\"720p/iframes.m3u8\",")
    },
    Mutation(.attributeSyntax, "twice") {
      $0.replace(master, "AUTOSELECT=YES", "AUTOSELECT=YES,AUTOSELECT=YES")
    },
    Mutation(.attributeSyntax, "quote left open") {
      $0.replace(master, "NAME=\"English\"", "NAME=\"English")
    },
    Mutation(.attributeUnknown, "misspelt") { $0.replace(master, "FRAME-RATE", "FRAMERATE") },
    Mutation(.attributeMissing, "no average") { $0.replace(master, "AVERAGE-BANDWIDTH=", "SCORE=") },
    Mutation(.attributeMissing, "map without URI") { $0.replace(index, "MAP:URI=", "MAP:X-URI=") },
    Mutation(.versionLow, "fMP4 with 5") { $0.replace(index, "VERSION:6", "VERSION:5") },
    Mutation(.versionLow, "none") { $0.replace(iframes, "#EXT-X-VERSION:5\n", "") },
    Mutation(.versionLow, "decimals with 2", .transport) { $0.replace(index, "VERSION:3", "VERSION:2") },
    Mutation(.versionHigh, "more than any feature needs") { $0.replace(index, "VERSION:6", "VERSION:12") },
    Mutation(.vodMissing, "event") { $0.replace(index, ":VOD", ":EVENT") },
    Mutation(.endlistMissing, "cut short") { $0.replace(index, "#EXT-X-ENDLIST\n", "") },
    Mutation(.targetMissing, "none") { $0.replace(index, "#EXT-X-TARGETDURATION:2\n", "") },
    Mutation(.targetLow, "1 for 2 s") { $0.replace(index, "DURATION:2", "DURATION:1") },
    Mutation(.targetHigh, "3 everywhere") {
      for path in [index, low + "index.m3u8", sound + "index.m3u8"] {
        $0.replace(path, "DURATION:2", "DURATION:3")
      }
    },
    Mutation(.targetDiffers, "3 in one") { $0.replace(index, "DURATION:2", "DURATION:3") },
    Mutation(.mapMissing, "none") { $0.replace(index, "#EXT-X-MAP:URI=\"init-0a1b2c3d.mp4\"\n", "") },
    Mutation(.mapChanged, "another one in the middle") {
      $0.files[high + "init-2.mp4"] = $0.files[initial]
      $0.replace(index, "seg-0a1b2c3d-00001.m4s\n", "seg-0a1b2c3d-00001.m4s\n#EXT-X-MAP:URI=\"init-2.mp4\"\n")
    },
    Mutation(.encrypted, "AES-128") {
      $0.replace(index, "#EXT-X-MAP", "#EXT-X-KEY:METHOD=AES-128,URI=\"k.bin\"\n#EXT-X-MAP")
    },
    Mutation(.uriOutside, "climbs out") {
      $0.replace(index, "seg-0a1b2c3d-00001.m4s", "../../../../../x.m4s")
    },
    Mutation(.uriOutside, "on a host") {
      $0.replace(index, "seg-0a1b2c3d-00001.m4s", "https://example.com/x.m4s")
    },
    Mutation(.uriOutside, "absolute") { $0.replace(index, "seg-0a1b2c3d-00001.m4s", "/x.m4s") },
    Mutation(.fileMissing, "segment") { $0.files[first] = nil },
    Mutation(.fileMissing, "playlist") { $0.files[index] = nil },
    Mutation(.fileEmpty, "segment") { $0.files[first] = [] },
    Mutation(.fileOrphan, "left-over segment") { $0.files[high + "seg-0a1b2c3d-00004.m4s"] = [1] },
    Mutation(.fileOrphan, "playlist that no master names") {
      $0.files[high + "other.m3u8"] = $0.files[index]
    },
    Mutation(.rangeOutside, "past the end") {
      $0.replace(iframes, "#EXT-X-BYTERANGE:", "#EXT-X-BYTERANGE:9")
    },
    Mutation(.rangeOverlap, "the same range twice") {
      $0.replace(
        iframes, "#EXT-X-ENDLIST",
        "#EXTINF:1.0,\n#EXT-X-BYTERANGE:9@9\nseg-0a1b2c3d-00003.m4s\n#EXT-X-ENDLIST")
    },
    Mutation(.segmentFormat, "subtitles that are none") {
      addSubtitles(&$0, "hello\n")
    },
    Mutation(.subtitleMap, "with a timestamp map of another clock") {
      addSubtitles(&$0, vtt("MPEGTS:900000,LOCAL:00:00:00.000", "00:00.000 --> 00:01.000\nhello"))
    },
    Mutation(.subtitleMap, "with a timestamp map that is none") {
      addSubtitles(&$0, vtt("MPEGTS:x", "00:00.000 --> 00:01.000\nhello"))
    },
    Mutation(.subtitleCue, "with a cue of another time") {
      addSubtitles(&$0, vtt(map, "00:07:00.000 --> 00:07:01.000\nhello"))
    },
    Mutation(.subtitleCue, "with timings that are none") {
      addSubtitles(&$0, vtt(map, "0:1 --> 0:2\nhello"))
    },
    Mutation(.subtitleCue, "with an arrow in a text") {
      addSubtitles(&$0, vtt(map, "00:00.000 --> 00:01.000\nhello --> you"))
    },
    Mutation(.subtitleCue, "with tags that do not nest") {
      addSubtitles(&$0, vtt(map, "00:00.000 --> 00:01.000\n<i><b>hello</i></b>"))
    },
    Mutation(.subtitleCue, "with cues out of order") {
      addSubtitles(&$0, vtt(map, "00:02.000 --> 00:03.000\na\n\n00:00.000 --> 00:01.000\nb"))
    },
    Mutation(.subtitleGrid, "cut in another way than the pictures") {
      addSubtitles(&$0, vtt(map, "00:00.000 --> 00:01.000\nhello"))
    },
    Mutation(.subtitleMap, "without a timestamp map") {
      addSubtitles(&$0, "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n")
    },
  ]

  private static let map = "MPEGTS:0,LOCAL:00:00:00.000"

  private static func vtt(_ map: String, _ cues: String) -> String {
    "WEBVTT\nX-TIMESTAMP-MAP=\(map)\n\n\(cues)\n"
  }

  private static func addSubtitles(_ tree: inout TreeFixture, _ text: String) {
    tree.files[hls + "text-en/seg.vtt"] = Array(text.utf8)
    tree.files[hls + "text-en/index.m3u8"] = Array(
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:6.0,\nseg.vtt\n#EXT-X-ENDLIST\n"
        .utf8)
    tree.replace(
      master, "#EXT-X-MEDIA:",
      "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"E\",LANGUAGE=\"en\",URI=\"text-en/index.m3u8\"\n#EXT-X-MEDIA:"
    )
    tree.replace(master, "AUDIO=\"aac\"\n", "AUDIO=\"aac\",SUBTITLES=\"s\"\n")
  }

  static let times: [Mutation] = [
    Mutation(.extinfZero, "0 s") { $0.replace(index, "#EXTINF:2.000000,", "#EXTINF:0.000000,") },
    Mutation(.extinfWrong, "nominal instead of real") {
      $0.replace(index, "#EXTINF:2.000000,", "#EXTINF:2.002000,")
    },
    Mutation(.extinfWrong, "in a transport stream", .transport) {
      $0.replace(index, "#EXTINF:2.000000,", "#EXTINF:2.000100,")
    },
    Mutation(.extinfWrong, "in an I-frame playlist") {
      $0.replace(iframes, "#EXTINF:1.000000,", "#EXTINF:0.900000,")
    },
    Mutation(.extinfDrift, "a frame too long in sum") {
      $0.replace(index, "#EXTINF:2.000000,", "#EXTINF:2.060000,")
    },
    Mutation(.segmentRunt, "a short last segment") {
      for path in [high, low] {
        $0.replace(
          path + "index.m3u8", "#EXTINF:2.000000,\nseg-0a1b2c3d-00003",
          "#EXTINF:0.300000,\nseg-0a1b2c3d-00003")
        $0.files[path + "seg-0a1b2c3d-00003.m4s"] = FragmentBuilder.fragment(
          5, [(1, 40, Array(FragmentBuilder.gop(size: 20).prefix(3)))])
      }
    },
    Mutation(.alignVideo, "a segment less") {
      $0.replace(low + "index.m3u8", "#EXTINF:2.000000,\nseg-0a1b2c3d-00003.m4s\n", "")
    },
    Mutation(.alignVideo, "another boundary") {
      let one = FragmentBuilder.fragment(1, [(1, 0, FragmentBuilder.gop(size: 20))])
      let three = (0..<3).flatMap {
        FragmentBuilder.fragment($0 + 2, [(1, 10 + $0 * 10, FragmentBuilder.gop(size: 20))])
      }
      $0.files[low + "seg-0a1b2c3d-00001.m4s"] = one
      $0.files[low + "seg-0a1b2c3d-00002.m4s"] = three
    },
    Mutation(.alignAudio, "cut two frames later") {
      $0.files[soundFirst] = FragmentBuilder.fragment(1, [(1, 0, FragmentBuilder.sound(97))])
      $0.files[sound + "seg-0a1b2c3d-00002.m4s"] = FragmentBuilder.fragment(
        2, [(1, 97 * 1024, FragmentBuilder.sound(92))])
    },
    Mutation(.alignAudio, "a segment less") {
      $0.replace(sound + "index.m3u8", "#EXTINF:2.005333,\nseg-0a1b2c3d-00003.m4s\n", "")
    },
    Mutation(.coverage, "a shorter rendition") {
      $0.replace(low + "index.m3u8", "#EXTINF:2.000000,\nseg-0a1b2c3d-00003.m4s\n", "")
    },
    Mutation(.startSkew, "sound begins a second late") {
      for (number, time) in [0, 95 * 1024, 189 * 1024].enumerated() {
        $0.patch(sound + "seg-0a1b2c3d-0000\(number + 1).m4s", "tfdt", at: 8, be(time + 48000, 8))
      }
    },
    Mutation(.startSkew, "in a transport stream", .transport) {
      var builder = TransportBuilder()
      $0.files[stream] = builder.segment(time: 900_000, size: 300, sound: 910_000, frames: 94)
    },
  ]
}
