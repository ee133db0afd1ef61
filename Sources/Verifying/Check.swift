/// What a code stands for: how grave it is, the rules of the project's checklist, the clause behind them, and in one
/// line what must hold. RFC 8216 is HLS; bis = draft-pantos-hls-rfc8216bis, A = Apple's HLS authoring specification.
package struct Check: Sendable, Equatable {
  package let severity: Severity
  /// Of the checklist; none where a rule is this program's own.
  package let rules: [Int]
  package let clause: String
  /// What must hold.
  package let title: String
  /// Rules 8 (peak to average), 14, 18 and 20, and what follows from them, cannot be met by a stream that is copied.
  package let isAdviceForCopies: Bool

  init(_ severity: Severity, _ rules: [Int], _ clause: String, _ title: String, copies: Bool = false) {
    (self.severity, self.rules, self.clause, self.title) = (severity, rules, clause, title)
    isAdviceForCopies = copies
  }

  /// `rule 3, A 8.6`
  package var source: String {
    let rule =
      rules.isEmpty
      ? [] : ["rule\(rules.count > 1 ? "s" : "") \(rules.map(String.init).joined(separator: ", "))"]
    return (rule + (clause.isEmpty ? [] : [clause])).joined(separator: "; ")
  }
}

extension FindingCode {
  package var check: Check {
    switch self {
    // What was asked to be verified
    case .inputUnreadable: Check(.error, [], "", "what is to be verified can be read")
    case .treeEmpty:
      Check(.error, [], "", "a tree holds an asset.json, a master playlist or a media playlist")
    case .ignoreInvalid:
      Check(.error, [], "", "each line of .rung-verify-ignore is CODE, perhaps a path, '=' and a reason")
    case .ignoreUnused: Check(.advice, [], "", "what is ignored is still found")

    // Playlist syntax
    case .playlistEncoding:
      Check(.error, [1], "RFC 8216 4", "a playlist is UTF-8 without a byte order mark or control characters")
    case .playlistHeader: Check(.error, [1], "RFC 8216 4.3.1.1", "a playlist begins with #EXTM3U")
    case .playlistEmpty: Check(.error, [3], "RFC 8216 4.3.3", "a playlist names segments or variants")
    case .tagUnknown:
      Check(.warning, [1], "RFC 8216 4.1", "every #EXT tag is one that a specification defines")
    case .tagDuplicate: Check(.error, [1], "RFC 8216 4.3", "what may stand once in a playlist stands once")
    case .tagPlace:
      Check(
        .error, [1], "RFC 8216 4.3",
        "tags stand in the kind of playlist and before the URI that they belong to")
    case .tagValue: Check(.error, [1], "RFC 8216 4.3", "a tag's value has the form that its definition gives")
    case .attributeSyntax:
      Check(.error, [1], "RFC 8216 4.2", "attributes are NAME=VALUE with the right kind of value, each once")
    case .attributeUnknown:
      Check(.warning, [1], "RFC 8216 4.2", "every attribute is one that its tag defines")
    case .attributeMissing:
      Check(
        .error, [8, 9, 10, 12], "A 9.1, 9.2, 9.13-9.15", "the attributes that a player chooses by are there")
    case .versionLow:
      Check(.error, [2], "RFC 8216 7", "EXT-X-VERSION is at least what the playlist's features need")
    case .versionHigh:
      Check(.advice, [2], "RFC 8216 7", "EXT-X-VERSION is no higher than the playlist's features need")
    case .vodMissing: Check(.error, [3], "A 8.7", "a finished playlist says EXT-X-PLAYLIST-TYPE:VOD")
    case .endlistMissing:
      Check(.error, [3], "A 8.6; RFC 8216 4.3.3.4", "a finished playlist ends with EXT-X-ENDLIST")
    case .targetMissing: Check(.error, [4], "RFC 8216 4.3.3.1", "a media playlist has EXT-X-TARGETDURATION")
    case .targetLow:
      Check(.error, [4], "RFC 8216 4.3.3.1", "every EXTINF, rounded, is at most EXT-X-TARGETDURATION")
    case .targetHigh:
      Check(.warning, [4], "RFC 8216 4.3.3.1", "EXT-X-TARGETDURATION is no larger than the segments need")
    case .targetDiffers: Check(.error, [4], "A 8.3", "audio and video have one EXT-X-TARGETDURATION")
    case .mapMissing: Check(.error, [6], "bis 3.1.2", "fMP4 segments have an EXT-X-MAP before them")
    case .mapChanged:
      Check(
        .error, [6], "bis 3.1.2",
        "another EXT-X-MAP comes after EXT-X-DISCONTINUITY, and I-frames have their pictures' one")
    case .encrypted:
      Check(
        .warning, [6], "RFC 8216 4.3.2.4",
        "segments can be read without a key; of encrypted ones only the playlists are judged")

    // Files that playlists name
    case .uriOutside: Check(.error, [22], "RFC 8216 6.2", "every URI leads to a file in the tree")
    case .fileMissing: Check(.error, [22], "RFC 8216 6.2", "every file that is named is there")
    case .fileEmpty: Check(.error, [22], "RFC 8216 6.2", "every file that is named holds something")
    case .fileOrphan:
      Check(
        .error, [22], "RFC 8216 6.2", "every playlist and media file is named by some playlist or manifest")
    case .rangeOutside: Check(.error, [2], "RFC 8216 4.3.2.2", "a byte range lies inside of its file")
    case .rangeOverlap: Check(.error, [2], "RFC 8216 4.3.2.2", "byte ranges of one file follow one another")
    case .segmentFormat: Check(.error, [6], "bis 3.1", "a segment is fMP4, MPEG-TS, packed audio or WebVTT")

    // Times
    case .extinfZero: Check(.error, [5], "A 8.1", "every EXTINF is above 0")
    case .extinfWrong: Check(.error, [5], "A 8.1", "every EXTINF is the duration of its segment's bytes")
    case .extinfDrift:
      Check(.error, [5], "A 8.1", "the EXTINF sum of any run of segments is within a frame of the truth")
    case .segmentRunt: Check(.error, [5], "A 8.1", "the last segment lasts at least half a GOP")
    case .discontinuityDiffers:
      Check(
        .error, [15], "RFC 8216 6.2.4", "all renditions have their EXT-X-DISCONTINUITY at the same segments")
    case .alignVideo: Check(.error, [15], "A 8.22", "all video renditions are cut at the same times")
    case .alignAudio: Check(.error, [15], "A 8.22", "audio is cut within one audio frame of the video")
    case .coverage: Check(.error, [3], "A 8.6", "every rendition covers the same time", copies: true)
    case .startSkew:
      Check(.error, [18], "A 8.1", "sound and pictures begin less than an audio frame apart", copies: true)

    // Master playlist
    case .independentMissing:
      Check(.error, [7], "A 9.11", "a master playlist says EXT-X-INDEPENDENT-SEGMENTS", copies: true)
    case .independentFalse:
      Check(
        .error, [7], "RFC 8216 4.3.5.1",
        "EXT-X-INDEPENDENT-SEGMENTS is said only where every segment can be decoded alone", copies: true)
    case .variantDuplicate: Check(.error, [9], "RFC 8216 4.3.4.2", "no variant is there twice")
    case .groupMissing:
      Check(.error, [11], "RFC 8216 4.3.4.2", "every group that a variant names has members")
    case .groupUnused: Check(.error, [11], "RFC 8216 4.3.4.1", "every group is named by a variant")
    case .groupLanguages: Check(.error, [11], "RFC 8216 4.3.4.1.1", "all audio groups have the same members")
    case .mediaName:
      Check(.error, [11], "RFC 8216 4.3.4.1", "every EXT-X-MEDIA has a NAME of its own in its group")
    case .mediaLanguage: Check(.error, [11], "RFC 8216 4.3.4.1", "LANGUAGE is a BCP 47 tag")
    case .mediaDefault:
      Check(.error, [11], "RFC 8216 4.3.4.1", "a group has one DEFAULT at most, and that is AUTOSELECT")
    case .mediaChannels: Check(.error, [11], "RFC 8216 4.3.4.1", "CHANNELS is how many the bytes have")
    case .captionsWrong:
      Check(
        .error, [11], "RFC 8216 4.3.4.1",
        "closed captions have an INSTREAM-ID and no URI, or all variants say NONE")
    case .codecsWrong: Check(.error, [9], "A 9.1, 1.10", "CODECS names what the bytes hold, and all of it")
    case .resolutionWrong: Check(.error, [10], "A 9.2", "RESOLUTION is that of the bytes")
    case .frameRateWrong:
      Check(.error, [10], "A 9.15", "FRAME-RATE is that of the bytes, with three decimals")
    case .videoRangeWrong: Check(.error, [10], "A 9.16", "VIDEO-RANGE is that of the bytes")
    case .bandwidthLow: Check(.error, [8], "bis 4.1; A 9.13", "BANDWIDTH is at least the measured peak")
    case .bandwidthHigh:
      Check(.error, [8], "bis 4.1; A 9.13", "BANDWIDTH is at most 10 % above the measured peak")
    case .averageWrong:
      Check(.error, [8], "A 9.14", "AVERAGE-BANDWIDTH is within 10 % of the measured average")
    case .peakRatio: Check(.warning, [8], "A 1.30", "the peak is at most twice the average", copies: true)
    case .stereoMissing: Check(.warning, [11], "A 2.3", "there is stereo AAC")
    case .audioOnlyMissing: Check(.warning, [11], "A 2.3", "an adaptive ladder has a variant of sound alone")
    case .audioOnlyRate:
      Check(.advice, [11], "A 2.3", "the variant of sound alone has a peak of at most 192 kbit/s")
    case .iframesMissing: Check(.warning, [12], "A 6.1", "there are I-frame playlists")
    case .iframeRange:
      Check(.error, [12], "A 6.10", "an I-frame's range is its moof and its picture, or its packets")
    case .iframeCoverage: Check(.error, [12], "A 6.1", "an I-frame playlist names one picture a GOP")
    case .imageTiles:
      Check(
        .error, [12], "EXT-X-TILES",
        "an image playlist's pictures are JPEG or PNG of RESOLUTION times LAYOUT, and last DURATION a tile")

    // DASH
    case .mpdFormat: Check(.error, [], "ISO 23009-1 5.2", "an MPD is XML with type static and Periods")
    case .mpdFile: Check(.error, [], "ISO 23009-1 5.3.9", "what an MPD names is in the tree")
    case .mpdTimeline:
      Check(.error, [], "ISO 23009-1 5.3.9.6", "the MPD's segment times are those of the bytes")
    case .mpdDuration:
      Check(.error, [], "ISO 23009-1 5.3.1.2", "mediaPresentationDuration is that of the bytes")
    case .mpdCodecs: Check(.error, [], "ISO 23009-1 5.3.7", "codecs, width and height are those of the bytes")
    case .mpdBandwidth: Check(.error, [], "ISO 23009-1 5.3.5.2", "bandwidth is at least the measured average")

    // fMP4
    case .boxMalformed:
      Check(.error, [16], "ISO 14496-12 4.2", "boxes lie inside of one another and of their file")
    case .initBrand: Check(.warning, [17], "ISO 23000-19 7.2", "an init segment has the brand cmfc")
    case .initStructure:
      Check(.error, [17], "ISO 14496-12 8.8", "an init segment is ftyp and moov with mvex and a trex a track")
    case .initTracks: Check(.warning, [17], "ISO 23000-19 7.3.1", "an init segment has one track")
    case .initSamples: Check(.error, [17], "ISO 23000-19 7.3.1", "an init segment has no samples")
    case .initDuration: Check(.warning, [17], "ISO 23000-19 7.5.1", "durations in an init segment are 0")
    case .initConfig:
      Check(
        .error, [17], "ISO 14496-15 5.4.2",
        "sample entry and decoder configuration agree, avc1 and hvc1 rather than avc3 and hev1")
    case .initColour: Check(.warning, [17], "ISO 23000-19 9.2", "video has colr (nclx) and pasp boxes")
    case .pixelAspect: Check(.warning, [20], "A 1.33", "pixels are square", copies: true)
    case .editList:
      Check(.error, [17, 18], "ISO 23000-19 7.5.13", "the edit list only skips the priming of sound")
    case .segmentStructure:
      Check(.error, [17], "ISO 23000-19 7.3.2", "a segment is styp, sidx, then moof and mdat in turn")
    case .segmentBrand: Check(.warning, [17], "ISO 23000-19 7.2", "styp has a brand of segments")
    case .sidxWrong: Check(.error, [16], "ISO 14496-12 8.16.3", "a sidx describes the bytes after it")
    case .fragmentShape: Check(.warning, [17], "ISO 23000-19 7.3.2", "a moof has one traf, and that one trun")
    case .fragmentGOP:
      Check(.warning, [17], "A 6.10", "a moof holds one GOP, so that ranges for I-frames exist")
    case .fragmentBase: Check(.error, [16], "ISO 14496-12 8.8.7", "samples are addressed from their moof")
    case .sequenceOrder:
      Check(.error, [16], "ISO 14496-12 8.8.5", "the sequence numbers of fragments count up")
    case .tfdtMissing: Check(.error, [16], "A 7.3", "every traf has a tfdt")
    case .tfdtGap: Check(.error, [16], "A 7.3", "every fragment begins when the one before ends")
    case .dataOutside: Check(.error, [16], "ISO 14496-12 8.8.8", "samples lie inside of their mdat")
    case .mdatSize: Check(.error, [16], "ISO 14496-12 8.1.1", "samples fill their mdat")
    case .sampleDuration: Check(.error, [16], "ISO 14496-12 8.8.8", "every sample lasts more than 0 ticks")
    case .ctsRange:
      Check(.error, [14, 18], "ISO 14496-12 8.6.1.3", "no two pictures of a GOP are shown at one time")

    // Bitstream
    case .segmentNotSync:
      Check(.error, [14], "A 7.4", "a video segment begins with a sync sample", copies: true)
    case .segmentNotIDR:
      Check(.error, [14], "A 7.4, 1.13", "a video segment begins with an IDR", copies: true)
    case .gopLong: Check(.warning, [14], "A 1.13", "there is an IDR every 2 s", copies: true)
    case .gopOpen: Check(.error, [14], "A 7.4", "GOPs are closed", copies: true)
    case .nalFraming: Check(.error, [9], "ISO 14496-15 5.3", "a sample is whole NAL units with a picture")
    case .syncFlag: Check(.error, [14], "ISO 14496-12 8.6.2", "an IDR is flagged as a sync sample")
    case .parameterSets:
      Check(
        .error, [9], "ISO 14496-15 5.3",
        "parameter sets stand in the init segment, or before each IDR of a transport stream, and do not change"
      )
    case .audioFrame: Check(.error, [9], "ISO 14496-3; ETSI TS 102 366", "sound is whole frames of its codec")
    case .interlaced: Check(.warning, [20], "A 1.14", "pictures are progressive", copies: true)
    case .frameRateHigh:
      Check(.warning, [20], "A 1.19", "there are at most 60 pictures a second", copies: true)
    case .aspectDiffers:
      Check(.warning, [20], "A 1.33", "all video renditions have one aspect ratio", copies: true)
    case .rotation:
      Check(.error, [20], "A 1.33", "pictures are upright without the track's matrix", copies: true)

    // MPEG-TS
    case .tsSync:
      Check(.error, [19], "ISO 13818-1 2.4.3", "a segment is whole packets of 188 bytes, undamaged")
    case .tsTables:
      Check(
        .error, [19], "RFC 8216 3.2",
        "a segment has one PAT and PMT, whole, before its media, and they do not change")
    case .tsTablesFirst:
      Check(.warning, [19], "RFC 8216 3.2", "a segment's first two packets are PAT and PMT")
    case .tsStream:
      Check(.warning, [19], "A 1.5, 2.1", "a transport stream carries H.264 with AAC, AC-3, E-AC-3 or MP3")
    case .tsContinuity:
      Check(.error, [19], "ISO 13818-1 2.4.3.3", "continuity counters run on, across segments too")
    case .tsClock:
      Check(.error, [19], "ISO 13818-1 2.7.2", "every segment has a PCR, which is not after the pictures")
    case .tsRandomAccess:
      Check(
        .warning, [19], "ISO 13818-1 2.4.3.5",
        "the random access indicator stands at every IDR, and only there")
    case .tsTimestamps: Check(.error, [19], "A 7.3", "timestamps run on, across segments too")
    case .tsPackets:
      Check(.error, [19], "ISO 13818-1 2.4.3.7", "a segment is whole PES packets of the length that they say")

    // Packed audio
    case .audioTimestamp:
      Check(
        .error, [18], "RFC 8216 3.4",
        "a packed audio segment begins with its time in an ID3 tag, which runs on")

    // Subtitles
    case .subtitleMap:
      Check(
        .error, [13], "RFC 8216 3.5",
        "WebVTT segments have one X-TIMESTAMP-MAP that leads to the media's beginning")
    case .subtitleCue:
      Check(
        .error, [13], "bis 3.1.4; A 5.5", "cues are well formed and stand in every segment that they overlap")
    case .subtitleGrid: Check(.advice, [13], "A 5.3", "subtitles are cut where the pictures are")

    // Inventory
    case .assetFormat:
      Check(.error, [], "asset.schema.json", "asset.json is JSON of schema 1 with an id and objects")
    case .assetClock: Check(.error, [], "asset.schema.json", "asset.json holds no clock time")
    case .assetPath: Check(.error, [], "asset.schema.json", "asset.json holds no path of a machine")
    case .objectKey: Check(.error, [], "asset.schema.json", "every key is a path below the tree, once")
    case .objectMissing: Check(.error, [22], "asset.schema.json", "every object is there")
    case .objectBytes: Check(.error, [], "asset.schema.json", "every object has the bytes that are listed")
    case .objectHash: Check(.error, [], "asset.schema.json", "every object has the hash that is listed")
    case .objectType: Check(.error, [21], "A 10.4", "every object has the content type of its kind")
    case .objectCache:
      Check(
        .error, [22], "asset.schema.json", "versioned names are immutable for a year, all others short-lived")
    case .objectUnlisted: Check(.error, [], "asset.schema.json", "every file of the asset is listed")

    // Whole files and pictures
    case .movieOrder:
      Check(
        .warning, [], "ISO 14496-12 8.2.1",
        "a whole MP4 file has its moov before its mdat, so that it plays from its first bytes")
    case .movieTables:
      Check(
        .error, [], "ISO 14496-12 8.6, 8.7",
        "the sample tables of a whole MP4 file agree, and its samples lie in its mdat")
    case .imageFormat: Check(.error, [], "ISO 10918-1 B", "a picture is a whole JPEG or PNG")
    case .storyboard:
      Check(.error, [], "WebVTT 3.4", "a storyboard's cues lead to regions of pictures that are there")
    case .documentFile:
      Check(.error, [22], "video.json", "files that a JSON document beside the media names are there")

    // Parts
    case .partsFormat: Check(.error, [23], "README, Parts", "a parts manifest is a JSON array of parts")
    case .partEntry:
      Check(
        .error, [23], "README, Parts",
        "a part has url, bytes, sha256, start, duration, init_bytes, type and fragments")
    case .partMissing: Check(.error, [23], "README, Parts", "every part is there")
    case .partBytes: Check(.error, [23], "README, Parts", "every part has the bytes that are listed")
    case .partHash: Check(.error, [23], "README, Parts", "every part has the hash that is listed")
    case .partInit:
      Check(.error, [23], "README, Parts", "every part begins with the same init segment of init_bytes")
    case .partFragments:
      Check(
        .error, [23], "README, Parts", "the fragments listed are whole, follow one another and fill the part")
    case .partTime: Check(.error, [23], "README, Parts", "times that are listed are those of the bytes")
    case .partLimit: Check(.error, [23], "README, Parts", "no part is larger than the ladder's part_bytes")
    case .partType:
      Check(.error, [23], "README, Parts", "type names the container and the codecs of the bytes")

    // Decoded (--deep)
    case .deepUnreadable: Check(.error, [], "--deep", "the decoder takes what the segments hold to its end")
    case .deepDecode: Check(.error, [], "--deep", "nothing is refused or made up in decoding")
    case .deepFrames: Check(.error, [], "--deep", "as many frames come out as the segments hold")
    case .deepTimes: Check(.error, [5, 16], "--deep", "frames come out at even times without holes")
    case .deepBlack: Check(.error, [], "--deep", "pictures are not black for long, unless the source's are")
    case .deepFrozen:
      Check(.error, [], "--deep", "pictures do not stand still for long, unless the source's do")
    case .againstDuration:
      Check(.error, [3], "--against", "a stream lasts as long as its source", copies: true)
    case .againstSkew:
      Check(.error, [18], "--against", "sound and pictures lie to one another as in the source", copies: true)
    case .againstFrames: Check(.error, [5], "--against", "no pictures of the source are dropped")

    // Compared with a kept tree (--golden)
    case .goldenMissing: Check(.error, [], "--golden", "every document of the kept tree is there")
    case .goldenAdded: Check(.error, [], "--golden", "no document is there that the kept tree does not have")
    case .goldenDiffers: Check(.error, [], "--golden", "every document says what it says in the kept tree")
    }
  }
}
