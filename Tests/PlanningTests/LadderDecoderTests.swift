import Foundation
import Media
import Planning
import Testing

private let rung = #"{"name":"240p","width":426,"height":240,"bitrate":400000}"#
private let known = "{id}, {creator}, {rendition}, {height}, {version}, {n}, {n:05}, {index} and {ext}"
private let larger = #"{"name":"360p","width":640,"height":360,"bitrate":800000}"#

/// A ladder file with two rungs and these further members.
private func ladder(_ more: String = "", rungs: String = "\(rung),\(larger)") -> String {
  #"{"name":"x","outputs":["hls"],"rungs":[\#(rungs)]\#(more.isEmpty ? "" : ",")\#(more)}"#
}

private func message(_ text: String) -> String {
  do {
    _ = try LadderDecoder.decode(Data(text.utf8), file: "my.json")
    return "no error"
  } catch {
    return error.message
  }
}

@Suite struct LadderDecoderTests {
  @Test func readsEveryKey() throws {
    let text = ladder(
      #"""
      "$schema":"./ladder.schema.json","segments":"fmp4","addressing":"files","segment_seconds":6.006,
      "gop_seconds":2.002,"part_bytes":1048576,"rate_control":"fixed","quality":21.5,"buffer_seconds":2,
      "speed":"best","drop_redundant":true,"frame_rate":29.97,"max_frame_rate":"50","max_height":720,
      "deinterlace":"field","audio":[{"codec":"aac","channels":1,"bitrate":64000,"rate":44100}],"loudness":-16,"hdr":"keep","copy":"never","copy_codecs":["h264","mp3"],
      "layout":{"master":"hls/{id}/playlist.m3u8","segment":"hls/{id}/{rendition}-{n:05}.m4s"}
      """#,
      rungs: rung
        + #",{"name":"720p-hevc","width":1280,"height":720,"bitrate":2000000,"max_bitrate":3000000,"codec":"hevc"}"#
    )
    let read = try LadderDecoder.decode(Data(text.utf8), file: "my.json")
    var expected = Ladder(
      name: "x",
      rungs: [
        LadderRung(name: "240p", box: PictureSize(426, 240), bitrate: 400_000, maxBitrate: 428_000),
        LadderRung(
          name: "720p-hevc", box: PictureSize(1280, 720), bitrate: 2_000_000, maxBitrate: 3_000_000,
          codec: .hevc),
      ])
    expected.segmentSeconds = Rational(3003, 500)
    expected.gopSeconds = Rational(1001, 500)
    expected.partBytes = 1_048_576
    expected.rateControl = .fixed
    expected.quality = 21.5
    expected.bufferSeconds = 2
    expected.speed = .best
    expected.dropRedundant = true
    expected.frameRate = Rational(30000, 1001)
    expected.maxFrameRate = Rational(50, 1)
    expected.maxHeight = 720
    expected.deinterlace = .field
    expected.audio = [AudioTarget(channels: 1, bitrate: 64000, rate: 44100)]
    expected.loudness = -16
    expected.hdr = .keep
    expected.copyCodecs = [.h264, .mp3]
    expected.layout = [
      .master: "hls/{id}/playlist.m3u8", .segment: "hls/{id}/{rendition}-{n:05}.m4s",
    ]
    #expect(read == expected)
  }

  @Test func whatIsNotGivenHasDefaults() throws {
    let read = try LadderDecoder.decode(Data(ladder(rungs: rung).utf8), file: "my.json")
    #expect(
      read
        == Ladder(
          name: "x", rungs: [LadderRung(name: "240p", box: PictureSize(426, 240), bitrate: 400_000)]))
    #expect(read.audio == [AudioTarget(codec: .aac, channels: 2, bitrate: 128_000, rate: 48_000)])
  }

  @Test func canonicalTextIsSortedCompleteAndReadsBack() throws {
    let ladder = Ladder.sample.with {
      $0.frameRate = Rational(30000, 1001)
      $0.layout = [.master: "m/{id}.m3u8"]
      $0.segmentSeconds = Rational(3003, 500)
      $0.gopSeconds = Rational(1001, 500)
    }
    let text = try ladder.canonicalJSON
    #expect(try LadderDecoder.decode(Data(text.utf8), file: "c.json") == ladder)
    #expect(
      text.hasPrefix(
        #"{"addressing":"files","audio":[{"bitrate":128000,"channels":2,"codec":"aac","rate":48000}]"#))
    #expect(text.contains(#""layout":{"master":"m/{id}.m3u8"}"#))
    #expect(text.contains(#""segment_seconds":6.006"#))
    #expect(try ladder.canonicalJSON == text)
  }

  @Test(arguments: [
    ("30", Rational(30, 1)), ("29.97", Rational(30000, 1001)), ("23.976", Rational(24000, 1001)),
    ("23.98", Rational(24000, 1001)), ("59.94", Rational(60000, 1001)),
    (#""30000/1001""#, Rational(30000, 1001)),
    (#""25""#, Rational(25, 1)), ("12.5", Rational(25, 2)), ("24", Rational(24, 1)),
    (#""60/1""#, Rational(60, 1)),
  ])
  func frameRatesAreTheNearestStandardOnes(written: String, rate: Rational) throws {
    let text = ladder(#""frame_rate":\#(written)"#)
    #expect(try LadderDecoder.decode(Data(text.utf8), file: "f").frameRate == rate)
  }

  @Test(arguments: [
    ("", "my.json:1:1: the ladder is not JSON: the document ends too early"),
    ("{\n  \"a\" 1}", "my.json:2:7: the ladder is not JSON: ':' is expected after the key \"a\""),
    (#"{"a":1,}"#, "my.json:1:8: the ladder is not JSON: a key in double quotes is expected"),
    (#"{"a":01}"#, "my.json:1:7: the ladder is not JSON: ',' or '}' is expected"),
    (#"{} x"#, "my.json:1:4: the ladder is not JSON: there is more text after the end of the document"),
    (#"{"a":tru}"#, "my.json:1:6: the ladder is not JSON: a value is expected"),
    (String(repeating: "[", count: 100), "my.json:1:33: the ladder is not JSON: it is nested too deeply"),
    ("[]", "my.json: has to be an object, not a list"),
    (#"{"outputs":["hls"],"rungs":[]}"#, "my.json: name: is missing"),
    (#"{"name":"x","rungs":[]}"#, "my.json: outputs: is missing"),
    (#"{"name":"x","outputs":["hls"]}"#, "my.json: rungs: is missing"),
    (#"{"name":7}"#, "my.json: name: has to be a text, not a number"),
    (
      #"{"name":"../x"}"#,
      "my.json: name: '../x' cannot be a name: it has to begin with a letter or digit, go on with letters, digits, "
        + "'.', '_' or '-' (64 at most), and not begin with 'audio-' or 'text-'"
    ),
    (#"{"name":"x","name":"y"}"#, "my.json: name: is given twice; keep one"),
    (#"{"name":"x","outputs":[]}"#, "my.json: outputs: is empty; name at least one"),
    (
      #"{"name":"x","outputs":["hls","dash"],"segments":"ts","rungs":[\#(rung)]}"#,
      "my.json: outputs[1]: DASH needs fMP4 segments; leave 'dash' out, or use \"segments\": \"fmp4\""
    ),
    (
      #"{"name":"x","outputs":["avi"]}"#,
      "my.json: outputs[0]: 'avi' is not a choice; it has to be hls, dash, mp4, parts or images"
    ),
    (
      #"{"name":"x","outputs":["hls","hls"]}"#,
      "my.json: outputs[1]: 'hls' is there twice; names and choices have to differ"
    ),
    (#"{"name":"x","outputs":["hls"],"rungs":[]}"#, "my.json: rungs: is empty; name at least one"),
  ])
  func namesWhatIsWrongWithAFile(text: String, expected: String) { #expect(message(text) == expected) }

  @Test func namesAnUnknownKeyAndTheKnownOnes() {
    #expect(
      message(ladder(#""loudnes":{}"#)).hasPrefix(
        "my.json: loudnes: is not a key of a ladder; known here: "))
    #expect(message(ladder(#""images":[]"#)) == "my.json: images: has to be an object, not a list")
    #expect(
      message(ladder(#""images":{"poster":{}}"#))
        == "my.json: images: has no effect without 'images' in outputs; add it there")
    #expect(
      message(ladder(rungs: #"{"nam":"240p"}"#))
        == "my.json: rungs[0].nam: is not a key of a ladder; known here: name, width, height, bitrate, codec and "
        + "max_bitrate")
    #expect(
      message(ladder(#""layout":{"picture":"x.jpg"}"#))
        == "my.json: layout.picture: is not a key of a ladder; known here: asset, master, dash, media, iframes, init, "
        + "segment, text, file, mp4, summary, parts_manifest, part, poster, thumbnail, best_thumbnail, storyboard, "
        + "storyboard_index, storyboard_playlist and source"
    )
  }

  @Test(arguments: [
    (#""segments":"mp4""#, "my.json: segments: 'mp4' is not a choice; it has to be fmp4 or ts"),
    (
      #""addressing":"stream""#,
      "my.json: addressing: 'stream' is not a choice; it has to be files or byte-range"
    ),
    (
      #""copy_codecs":["h264","h264"]"#,
      "my.json: copy_codecs[1]: 'h264' is there twice; names and choices have to differ"
    ),
    (#""copy":"yes""#, "my.json: copy: 'yes' is not a choice; it has to be never, prefer or strict"),
    (#""deinterlace":"off""#, "my.json: deinterlace: 'off' is not a choice; it has to be frame or field"),
    (#""speed":2"#, "my.json: speed: has to be a text, not a number"),
    (#""drop_redundant":1"#, "my.json: drop_redundant: has to be true or false, not a number"),
    (#""quality":true"#, "my.json: quality: has to be a number, not true or false"),
    (#""quality":0"#, "my.json: quality: 0 is out of range; it has to be a number from 1 to 51"),
    (
      #""buffer_seconds":11"#,
      "my.json: buffer_seconds: 11 is out of range; it has to be a number from 0.1 to 10"
    ),
    (
      #""part_bytes":1.5"#,
      "my.json: part_bytes: 1.5 is out of range; it has to be a whole number from 1048576 to 1099511627776"
    ),
    (
      #""max_height":1e99"#,
      "my.json: max_height: 1e99 is out of range; it has to be a whole number from 16 to 16384"
    ),
    (
      #""segment_seconds":5.9"#,
      "my.json: segment_seconds: segment duration 5.9 s is not a multiple of the 2 s GOP"
    ),
    (
      #""segment_seconds":1"#,
      "my.json: segment_seconds: segment duration 1 s is not a multiple of the 2 s GOP"
    ),
    (
      #""frame_rate":"30/0""#,
      "my.json: frame_rate: 30/0 is out of range; it has to be a number from 1 to 120, or a fraction such as "
        + "\"30000/1001\""
    ),
    (#""frame_rate":60,"max_frame_rate":30"#, "my.json: frame_rate: 60.000 is above max_frame_rate 30.000"),
    (
      #""max_height":200"#,
      "my.json: max_height: 200 is below the smallest rung, 240 high; raise it or add a smaller rung"
    ),
    (#""audio":{}"#, "my.json: audio: has to be a list, not an object"),
    (#""audio":[{"codec":"aac","bitrate":1}]"#, "my.json: audio[0].channels: is missing"),
    (
      #""audio":[{"codec":"opus","channels":2,"bitrate":128000}]"#,
      "my.json: audio[0].codec: 'opus' is not made by this version of rung; it makes aac, ac3 and eac3"
    ),
    (
      #""audio":[{"codec":"aac","channels":3,"bitrate":128000}]"#,
      "my.json: audio[0].channels: '3' is not a choice; it has to be 1, 2 or 6"
    ),
    (
      #""audio":[{"codec":"aac","channels":1,"bitrate":640000}]"#,
      "my.json: audio[0].bitrate: 640000 is out of range; it has to be at most 288000 at this rate and channel count"
    ),
    (
      #""audio":[{"codec":"aac","channels":2,"bitrate":64000},{"codec":"ac3","channels":6,"bitrate":400000}]"#,
      "my.json: audio[1].bitrate: '400000' is not a choice; it has to be 32000, 40000, 48000, 56000, 64000, 80000, "
        + "96000, 112000, 128000, 160000, 192000, 224000, 256000, 320000, 384000, 448000, 512000, 576000 or 640000"
    ),
    (
      #""audio":[{"codec":"aac","channels":2,"bitrate":64000},{"codec":"eac3","channels":6,"bitrate":90000}]"#,
      "my.json: audio[1].bitrate: 90000 is out of range; it has to be at least 96000 at this channel count"
    ),
    (
      #""audio":[{"codec":"aac","channels":2,"bitrate":64000},{"codec":"eac3","channels":6,"bitrate":256000,"rate":96000}]"#,
      "my.json: audio[1].rate: '96000' is not a choice; it has to be 32000, 44100 or 48000"
    ),
    (
      #""audio":[{"codec":"ac3","channels":6,"bitrate":448000}]"#,
      "my.json: audio[0].codec: ac3 alone leaves devices without it silent; add a group with the codec aac"
    ),
    (#""loudness":-5"#, "my.json: loudness: -5 is out of range; it has to be a number from -36 to -8"),
    (
      #""audio":[{"codec":"aac","channels":2,"bitrate":64000},{"codec":"aac","channels":2,"bitrate":128000}]"#,
      "my.json: audio[1]: 'audio-aac-2' is there twice; names and choices have to differ"
    ),
  ])
  func namesWhatIsWrongWithAKey(member: String, expected: String) {
    #expect(message(ladder(member)) == expected)
  }

  @Test(arguments: [
    (rung + "," + rung, "my.json: rungs[1].name: '240p' is there twice; names and choices have to differ"),
    (
      #"{"name":"audio-x","width":426,"height":240,"bitrate":400000}"#,
      "my.json: rungs[0].name: 'audio-x' cannot be a name: it has to begin with a letter or digit, go on with "
        + "letters, digits, '.', '_' or '-' (64 at most), and not begin with 'audio-' or 'text-'"
    ),
    (
      rung + "," + rung.replacingOccurrences(of: "240p", with: "b"),
      "my.json: rungs[1]: the box 426x240 in h264 is that of '240p' too; keep one of them"
    ),
    (
      rung + "," + larger.replacingOccurrences(of: "800000", with: "400000"),
      "my.json: rungs[1].bitrate: 400000 is not above the 400000 of the smaller '240p'"
    ),
    (
      #"{"name":"a","width":426,"height":240,"bitrate":400000,"max_bitrate":399999}"#,
      "my.json: rungs[0].max_bitrate: 399999 is below the bitrate 400000"
    ),
    (
      #"{"name":"a","width":240,"height":426,"bitrate":400000}"#,
      "my.json: rungs[0]: the box 240x426 is taller than wide; give it as landscape, it is turned for portrait pictures"
    ),
    (
      #"{"name":"a","width":"426","height":240}"#,
      "my.json: rungs[0].width: has to be a whole number, not a text"
    ),
    (
      #"{"name":"a","width":15,"height":240}"#,
      "my.json: rungs[0].width: 15 is out of range; it has to be a whole number from 16 to 16384"
    ),
    (
      #"{"name":"a","width":426,"height":240,"bitrate":400000,"codec":"vp9"}"#,
      "my.json: rungs[0].codec: 'vp9' is not made by this version of rung; it makes h264, hevc and av1"
    ),
    (#"7"#, "my.json: rungs[0]: has to be an object, not a number"),
  ])
  func namesWhatIsWrongWithARung(rungs: String, expected: String) {
    #expect(message(ladder(rungs: rungs)) == expected)
  }

  @Test func onlyH264GoesIntoTransportStreams() {
    let hevc = #"{"name":"a","width":426,"height":240,"bitrate":400000,"codec":"hevc"}"#
    #expect(
      message(ladder(#""segments":"ts""#, rungs: hevc))
        == "my.json: rungs[0].codec: hevc cannot go into TS segments; use \"segments\": \"fmp4\" or the codec h264"
    )
  }

  @Test(arguments: [
    (
      "asset", "{id}/../asset.json",
      "has the component '..'; none may begin with '.', which climbs out of the tree or hides"
    ),
    (
      "asset", ".rung/{id}.json",
      "has the component '.rung'; none may begin with '.', which climbs out of the tree or hides"
    ),
    ("asset", "/{id}.json", "begins with '/'; paths are relative to the tree"),
    ("asset", "a//{id}.json", "has an empty path component"),
    ("asset", "", "has an empty path component"),
    ("asset", "asset.json", "needs {id}, or several objects get the same name"),
    ("asset", "{id}.txt", "has to end in .json"),
    ("asset", "{id.json", "has a '{' or '}' without its other half"),
    ("asset", "id}.json", "has a '{' or '}' without its other half"),
    ("asset", "{id} x.json", "has the character ' '; use only letters, digits, '.', '_', '~', '-' and '/'"),
    (
      "asset", "{id}\\u0000.json",
      "has the character '\0'; use only letters, digits, '.', '_', '~', '-' and '/'"
    ),
    (
      "asset", "{title}.json",
      "has the unknown placeholder {title}; known are " + known
    ),
    (
      "master", "{rendition}.m3u8", "uses {rendition}, which has no value here; usable are {id} and {creator}"
    ),
    ("media", "{id}.m3u8", "needs {rendition}, or several objects get the same name"),
    ("iframes", "{id}.m3u8", "needs {rendition}, or several objects get the same name"),
    ("init", "{id}.mp4", "needs {rendition}, or several objects get the same name"),
    ("segment", "{id}/{rendition}.m4s", "needs {n}, or several objects get the same name"),
    ("segment", "{id}/{n:05}.m4s", "needs {rendition}, or several objects get the same name"),
    ("segment", "{id}/{rendition}-{n}.ts", "has to end in .m4s or .mp4"),
    (
      "segment", "{id}/{rendition}-{n:5}.m4s",
      "has the unknown placeholder {n:5}; known are " + known
    ),
  ])
  func namesWhatIsWrongWithALayout(slot: String, template: String, expected: String) {
    let shown = template.replacingOccurrences(of: "\\u0000", with: "\0")
    #expect(
      message(ladder(#""layout":{"\#(slot)":"\#(template)"}"#))
        == "my.json: layout.\(slot): '\(shown)' \(expected)")
  }

  @Test func twoSlotsDoNotShareATemplate() {
    #expect(
      message(ladder(#""layout":{"iframes":"packaged/{id}/hls/{rendition}/index.m3u8"}"#))
        == "my.json: layout.iframes: 'packaged/{id}/hls/{rendition}/index.m3u8' is also the path of layout.media; "
        + "they have to differ")
  }

  @Test func readsImages() throws {
    let text = ladder(
      #"""
      "images":{"poster":{"width":640,"height":360,"quality":70},"thumbnails":{"width":320,"height":180,
      "every_seconds":2.5,"most":1,"quality":60},"storyboard":{"width":100,"columns":4,"rows":3,"every_seconds":1}},
      "layout":{"thumbnail":"t/{id}.jpg","summary":"{id}/video.json","best_thumbnail":"b/{id}.jpg"}
      """#
    ).replacingOccurrences(of: #"["hls"]"#, with: #"["hls","images"]"#)
    let read = try LadderDecoder.decode(Data(text.utf8), file: "my.json")
    var images = ImagesPlan()
    images.poster = PosterPlan(box: PictureSize(640, 360), quality: 70)
    images.thumbnails = ThumbnailsPlan(
      box: PictureSize(320, 180), everySeconds: Rational(5, 2), most: 1, quality: 60)
    images.storyboard = StoryboardPlan(width: 100, columns: 4, rows: 3, everySeconds: Rational(1, 1))
    #expect(read.images == images)
    #expect(read.outputs == [.hls, .images])
    #expect(try LadderDecoder.decode(Data(read.canonicalJSON.utf8), file: "c.json") == read)
    #expect(
      try read.applying(LadderOverrides(outputs: [.parts], copy: .prefer, partBytes: 2_000_000)).images == nil
    )
  }

  @Test(arguments: [
    (#"{}"#, "my.json: images: is empty; name at least one"),
    (
      #"{"poster":{"width":9}}"#,
      "my.json: images.poster.width: 9 is out of range; it has to be a whole number from 16 to 8192"
    ),
    (
      #"{"thumbnails":{"width":90,"height":160}}"#,
      "my.json: images.thumbnails: the box 90x160 is taller than wide; give it as landscape, it is turned for portrait pictures"
    ),
    (
      #"{"storyboard":{"rows":0}}"#,
      "my.json: images.storyboard.rows: 0 is out of range; it has to be a whole number from 1 to 64"
    ),
    (
      #"{"gif":{}}"#,
      "my.json: images.gif: is not a key of a ladder; known here: poster, thumbnails and storyboard"
    ),
  ])
  func namesWhatIsWrongWithImages(images: String, expected: String) {
    #expect(message(ladder(#""images":\#(images)"#)) == expected)
  }

  @Test func flagsAreCheckedAgainstTheWholeLadder() throws {
    let ladder = Ladder.sample.with { $0.layout = [.segment: "{id}/{rendition}-{n}.m4s"] }
    #expect(
      #expect(throws: LadderFailure.self) { try ladder.applying(LadderOverrides(segments: .ts)) }?.message
        == "ladder 'default' with the command line's changes: layout.segment: '{id}/{rendition}-{n}.m4s' "
        + "has to end in .ts")
    let changed = try Ladder.sample.with { $0.maxHeight = 720 }.applying(
      LadderOverrides(segments: .ts, rateControl: .fixed, speed: .fast, maxHeight: 1080))
    #expect(changed.segments == .ts)
    #expect(changed.rateControl == .fixed)
    #expect(changed.speed == .fast)
    #expect(changed.maxHeight == 720)
  }
}
