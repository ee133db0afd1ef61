package import Media

/// Pictures to be taken out of one source: what a worker needs beside the open source. All times are in ticks of
/// `source.timebase`, and all lists ascend, so that one pass through the source takes them.
package struct PicturesJob: Codable, Sendable, Equatable {
  package var stream: Int
  package var source: PictureSource
  package var stills: [Still]
  package var storyboard: Storyboard?

  package init(stream: Int, source: PictureSource, stills: [Still] = [], storyboard: Storyboard? = nil) {
    self.stream = stream
    self.source = source
    self.stills = stills
    self.storyboard = storyboard
  }

  /// A moment at which a picture is taken.
  package struct Moment: Codable, Sendable, Equatable, Hashable {
    package var time: Int64
    /// A moment shortly before, by which a fade is told; the same as `time` where there is none.
    package var before: Int64
    /// The keyframe from which decoding starts.
    package var seek: Int64

    package init(time: Int64, before: Int64, seek: Int64) {
      self.time = time
      self.before = before
      self.seek = seek
    }
  }

  /// One poster or thumbnail: the best of its candidates.
  package struct Still: Codable, Sendable, Equatable {
    /// The JPEG file to write.
    package var path: String
    package var size: PictureSize
    package var quality: Int
    package var candidates: [Candidate]

    package init(path: String, size: PictureSize, quality: Int, candidates: [Candidate]) {
      self.path = path
      self.size = size
      self.quality = quality
      self.candidates = candidates
    }
  }

  package struct Candidate: Codable, Sendable, Equatable {
    package var moment: Moment
    /// What its score is multiplied by: an early picture shows what a film is about and gives nothing away.
    package var weight: Double

    package init(_ moment: Moment, weight: Double = 1) {
      self.moment = moment
      self.weight = weight
    }
  }

  /// Sheets of tiles, filled row by row.
  package struct Storyboard: Codable, Sendable, Equatable {
    /// One JPEG file a sheet.
    package var paths: [String]
    package var tile: PictureSize
    package var columns: Int
    package var rows: Int
    package var quality: Int
    /// One a tile.
    package var moments: [Moment]

    package init(
      paths: [String], tile: PictureSize, columns: Int, rows: Int, quality: Int, moments: [Moment]
    ) {
      self.paths = paths
      self.tile = tile
      self.columns = columns
      self.rows = rows
      self.quality = quality
      self.moments = moments
    }
  }
}

/// What came of a `PicturesJob`.
package struct PicturesResult: Codable, Sendable, Equatable {
  /// As many as the job has, in its order.
  package var stills: [Still]
  /// Sheets in order; empty without a storyboard.
  package var sheets: [Sheet]
  /// Packets of the source that could not be decoded on the way.
  package var refusedPackets: Int

  package init(stills: [Still] = [], sheets: [Sheet] = [], refusedPackets: Int = 0) {
    self.stills = stills
    self.sheets = sheets
    self.refusedPackets = refusedPackets
  }

  package struct Still: Codable, Sendable, Equatable {
    package var path: String
    package var size: PictureSize
    /// When the picture that was chosen is presented, in ticks of the source's timebase.
    package var time: Int64
    /// 0 for a picture that shows nothing, to 1.
    package var score: Double
    /// `#rrggbb`.
    package var dominantColour: String

    package init(path: String, size: PictureSize, time: Int64, score: Double, dominantColour: String) {
      self.path = path
      self.size = size
      self.time = time
      self.score = score
      self.dominantColour = dominantColour
    }
  }

  package struct Sheet: Codable, Sendable, Equatable {
    package var path: String
    package var size: PictureSize

    package init(path: String, size: PictureSize) {
      self.path = path
      self.size = size
    }
  }

  /// The index of the still with the highest score, the first of several; nil when there is none.
  package static func best(of stills: [Still]) -> Int? {
    stills.indices.max {
      stills[$0].score < stills[$1].score || (stills[$0].score == stills[$1].score && $0 > $1)
    }
  }
}

/// How taking pictures can fail, beside what a library call reports.
package enum PicturesFailure: Error, Equatable, Sendable {
  /// Not one picture could be decoded.
  case noPicture(stream: Int)
  case cannotWrite(path: String, code: Int32)
  /// A worker left something else than the picture it was asked for.
  case damaged(path: String, what: String)

  package var message: String {
    switch self {
    case .noPicture(let stream):
      "no picture of video stream \(stream) can be decoded; the file may be damaged, or only its sound is whole"
    case .cannotWrite(let path, let code): "the picture \(path) cannot be written (error \(code))"
    case .damaged(let path, let what): "the picture \(path) is not what was asked for: \(what); run it again"
    }
  }
}
