/// Every code that a verification can give, with the rule that it stands for: the numbers of the project's
/// checklist and the clause behind them. RFC = RFC 8216, bis = draft-pantos-hls-rfc8216bis, A = Apple's HLS
/// authoring specification. Adding a check means adding its code here and a broken tree for it in the tests.
package enum FindingCode: String, CaseIterable, Sendable {
  // What was asked to be verified
  case inputUnreadable = "INPUT-UNREADABLE"
  case treeEmpty = "TREE-EMPTY"

  // Playlist syntax
  case playlistEncoding = "PLAYLIST-ENCODING"
  case playlistHeader = "PLAYLIST-HEADER"
  case playlistEmpty = "PLAYLIST-EMPTY"
  case tagUnknown = "TAG-UNKNOWN"
  case tagDuplicate = "TAG-DUPLICATE"
  case tagPlace = "TAG-PLACE"
  case tagValue = "TAG-VALUE"
  case attributeSyntax = "ATTRIBUTE-SYNTAX"
  case attributeUnknown = "ATTRIBUTE-UNKNOWN"
  case attributeMissing = "ATTRIBUTE-MISSING"
  case versionLow = "VERSION-LOW"
  case versionHigh = "VERSION-HIGH"
  case vodMissing = "VOD-MISSING"
  case endlistMissing = "ENDLIST-MISSING"
  case targetMissing = "TARGETDURATION-MISSING"
  case targetLow = "TARGETDURATION-LOW"
  case targetHigh = "TARGETDURATION-HIGH"
  case targetDiffers = "TARGETDURATION-DIFFERS"
  case mapMissing = "MAP-MISSING"
  case mapChanged = "MAP-CHANGED"
  case encrypted = "ENCRYPTED"

  // Files that playlists name
  case uriOutside = "URI-OUTSIDE"
  case fileMissing = "FILE-MISSING"
  case fileEmpty = "FILE-EMPTY"
  case fileOrphan = "FILE-ORPHAN"
  case rangeOutside = "RANGE-OUTSIDE"
  case rangeOverlap = "RANGE-OVERLAP"
  case segmentFormat = "SEGMENT-FORMAT"

  // Times
  case extinfZero = "EXTINF-ZERO"
  case extinfWrong = "EXTINF-WRONG"
  case extinfDrift = "EXTINF-DRIFT"
  case segmentRunt = "SEGMENT-RUNT"
  case alignVideo = "ALIGN-VIDEO"
  case alignAudio = "ALIGN-AUDIO"
  case coverage = "COVERAGE"
  case startSkew = "START-SKEW"

  // Master playlist
  case independentMissing = "INDEPENDENT-MISSING"
  case variantDuplicate = "VARIANT-DUPLICATE"
  case groupMissing = "GROUP-MISSING"
  case groupUnused = "GROUP-UNUSED"
  case groupLanguages = "GROUP-LANGUAGES"
  case mediaName = "MEDIA-NAME"
  case mediaLanguage = "MEDIA-LANGUAGE"
  case mediaDefault = "MEDIA-DEFAULT"
  case mediaChannels = "MEDIA-CHANNELS"
  case captionsWrong = "CAPTIONS-WRONG"
  case codecsWrong = "CODECS-WRONG"
  case resolutionWrong = "RESOLUTION-WRONG"
  case frameRateWrong = "FRAME-RATE-WRONG"
  case videoRangeWrong = "VIDEO-RANGE-WRONG"
  case bandwidthLow = "BANDWIDTH-LOW"
  case bandwidthHigh = "BANDWIDTH-HIGH"
  case averageWrong = "AVERAGE-BANDWIDTH-WRONG"
  case peakRatio = "PEAK-RATIO"
  case stereoMissing = "STEREO-MISSING"
  case audioOnlyMissing = "AUDIO-ONLY-MISSING"
  case iframesMissing = "IFRAMES-MISSING"
  case iframeRange = "IFRAME-RANGE"
  case iframeCoverage = "IFRAME-COVERAGE"

  // DASH
  case mpdFormat = "MPD-FORMAT"
  case mpdFile = "MPD-FILE"
  case mpdTimeline = "MPD-TIMELINE"
  case mpdDuration = "MPD-DURATION"
  case mpdCodecs = "MPD-CODECS"
  case mpdBandwidth = "MPD-BANDWIDTH"

  // fMP4
  case boxMalformed = "BOX-MALFORMED"
  case initBrand = "INIT-BRAND"
  case initStructure = "INIT-STRUCTURE"
  case initTracks = "INIT-TRACKS"
  case initSamples = "INIT-SAMPLES"
  case initDuration = "INIT-DURATION"
  case initConfig = "INIT-CONFIG"
  case initColour = "INIT-COLOUR"
  case pixelAspect = "PIXEL-ASPECT"
  case editList = "EDIT-LIST"
  case segmentStructure = "SEGMENT-STRUCTURE"
  case segmentBrand = "SEGMENT-BRAND"
  case fragmentShape = "FRAGMENT-SHAPE"
  case fragmentGOP = "FRAGMENT-GOP"
  case fragmentBase = "FRAGMENT-BASE"
  case sequenceOrder = "MFHD-ORDER"
  case tfdtMissing = "TFDT-MISSING"
  case tfdtGap = "TFDT-GAP"
  case dataOutside = "DATA-OUTSIDE"
  case mdatSize = "MDAT-SIZE"
  case sampleDuration = "SAMPLE-DURATION"
  case ctsRange = "CTS-RANGE"

  // Bitstream
  case segmentNotSync = "SEGMENT-NOT-SYNC"
  case segmentNotIDR = "SEGMENT-NOT-IDR"
  case gopLong = "GOP-LONG"
  case gopOpen = "GOP-OPEN"
  case nalFraming = "NAL-FRAMING"
  case syncFlag = "SYNC-FLAG"
  case parameterSets = "PARAMETER-SETS"
  case audioFrame = "AUDIO-FRAME"

  // MPEG-TS
  case tsSync = "TS-SYNC"
  case tsTables = "TS-PSI"
  case tsContinuity = "TS-CONTINUITY"
  case tsClock = "TS-PCR"
  case tsRandomAccess = "TS-RAI"
  case tsTimestamps = "TS-PTS"
  case tsPackets = "TS-PES"

  // Subtitles
  case subtitleMap = "SUBTITLE-MAP"
  case subtitleCue = "SUBTITLE-CUE"
  case subtitleGrid = "SUBTITLE-GRID"

  // Inventory
  case assetFormat = "ASSET-FORMAT"
  case assetClock = "ASSET-CLOCK"
  case assetPath = "ASSET-PATH"
  case objectKey = "OBJECT-KEY"
  case objectMissing = "OBJECT-MISSING"
  case objectBytes = "OBJECT-BYTES"
  case objectHash = "OBJECT-SHA256"
  case objectType = "OBJECT-TYPE"
  case objectCache = "OBJECT-CACHE"
  case objectUnlisted = "OBJECT-UNLISTED"

  // Parts
  case partsFormat = "PARTS-FORMAT"
  case partEntry = "PART-ENTRY"
  case partMissing = "PART-MISSING"
  case partBytes = "PART-BYTES"
  case partHash = "PART-SHA256"
  case partInit = "PART-INIT"
  case partFragments = "PART-FRAGMENTS"
  case partTime = "PART-TIME"
  case partLimit = "PART-LIMIT"
  case partType = "PART-TYPE"

  /// Of a copied stream this is advice: rule 8's peak to average, rule 14's closed GOPs that begin with an IDR, and
  /// that INDEPENDENT-SEGMENTS is not claimed without them; where copied tracks begin (18), and end, since
  /// sound other than AAC is not filled up with silence; and square pixels (20).
  var isAdviceForCopies: Bool {
    switch self {
    case .peakRatio, .segmentNotIDR, .gopLong, .gopOpen, .independentMissing, .startSkew, .coverage,
      .pixelAspect:
      true
    default: false
    }
  }

  /// The rule as a message names it.
  package var rule: String {
    switch self {
    case .inputUnreadable, .treeEmpty: "input"
    case .playlistEncoding, .playlistHeader: "rule 1 (RFC 4)"
    case .playlistEmpty: "rule 3 (A 8.7)"
    case .tagUnknown, .tagDuplicate, .tagPlace, .tagValue: "rule 1 (RFC 4.3)"
    case .attributeSyntax, .attributeUnknown: "rule 1 (RFC 4.2)"
    case .attributeMissing: "rules 9-12 (A 9.1, 9.2, 9.13-9.15)"
    case .versionLow, .versionHigh: "rule 2 (RFC 7)"
    case .vodMissing, .endlistMissing: "rule 3 (A 8.6, 8.7)"
    case .targetMissing, .targetLow, .targetHigh: "rule 4 (RFC 4.3.3.1)"
    case .targetDiffers: "rule 4 (A 8.3)"
    case .mapMissing, .mapChanged: "rule 6 (bis 3.1.2)"
    case .encrypted: "rule 6 (RFC 4.3.2.4)"
    case .uriOutside, .fileMissing, .fileEmpty, .fileOrphan: "rule 22 (RFC 6.2)"
    case .rangeOutside, .rangeOverlap: "rule 2 (RFC 4.3.2.2)"
    case .segmentFormat: "rule 6 (bis 3.1)"
    case .extinfZero, .extinfWrong, .extinfDrift, .segmentRunt: "rule 5 (A 8.1)"
    case .alignVideo, .alignAudio: "rule 15 (A 8.22)"
    case .coverage: "rule 3 (A 8.6)"
    case .startSkew: "rule 18"
    case .independentMissing: "rule 7 (A 9.11)"
    case .variantDuplicate: "rule 9 (RFC 4.3.4.2)"
    case .groupMissing, .groupUnused, .groupLanguages: "rule 11 (RFC 4.3.4.1)"
    case .mediaName, .mediaLanguage, .mediaDefault, .mediaChannels, .captionsWrong: "rule 11 (RFC 4.3.4.1)"
    case .codecsWrong: "rule 9 (A 9.1)"
    case .resolutionWrong, .frameRateWrong: "rule 10 (A 9.2, 9.15)"
    case .videoRangeWrong: "rule 10 (A 9.16)"
    case .bandwidthLow, .bandwidthHigh: "rule 8 (bis 4.1)"
    case .averageWrong: "rule 8 (A 9.14)"
    case .peakRatio: "rule 8 (A 1.30)"
    case .stereoMissing, .audioOnlyMissing: "rule 11 (A 2.3)"
    case .iframesMissing, .iframeCoverage: "rule 12 (A 6.1)"
    case .iframeRange: "rule 12 (A 6.10)"
    case .mpdFormat, .mpdFile, .mpdTimeline, .mpdDuration, .mpdCodecs, .mpdBandwidth: "DASH (ISO 23009-1 5.3)"
    case .boxMalformed: "rule 16 (ISO 14496-12 4.2)"
    case .initBrand, .segmentBrand, .initStructure, .initTracks, .initSamples: "rule 17 (ISO 23000-19 7)"
    case .initDuration, .initConfig, .initColour: "rule 17 (ISO 23000-19 7)"
    case .pixelAspect: "rule 20"
    case .editList: "rules 17 and 18"
    case .segmentStructure, .fragmentShape, .fragmentGOP: "rule 17 (ISO 23000-19 7.3)"
    case .fragmentBase, .dataOutside, .mdatSize, .sampleDuration: "rule 16 (ISO 14496-12 8.8)"
    case .sequenceOrder, .tfdtMissing, .tfdtGap: "rule 16 (A 7.3)"
    case .ctsRange: "rules 14 and 18"
    case .segmentNotSync, .segmentNotIDR, .gopLong, .gopOpen: "rule 14 (A 7.4, 1.13)"
    case .nalFraming, .parameterSets: "rule 9 (ISO 14496-15 5.3)"
    case .syncFlag: "rule 14 (ISO 14496-12 8.6.2)"
    case .audioFrame: "rule 9 (ISO 14496-3)"
    case .tsSync, .tsTables, .tsContinuity, .tsClock, .tsRandomAccess, .tsTimestamps, .tsPackets:
      "rule 19 (ISO 13818-1)"
    case .subtitleMap, .subtitleCue, .subtitleGrid: "rule 13 (bis 3.1.4)"
    case .assetFormat, .assetClock, .assetPath: "inventory"
    case .objectType: "rule 21 (A 10.4)"
    case .objectCache: "rule 22"
    case .objectKey, .objectMissing, .objectBytes, .objectHash, .objectUnlisted: "inventory"
    case .partsFormat, .partEntry, .partMissing, .partBytes, .partHash: "rule 23"
    case .partInit, .partFragments, .partTime, .partLimit, .partType: "rule 23"
    }
  }
}
