internal import Foundation
internal import LibAV
internal import Media
internal import Pictures
internal import TestKit
internal import Testing

/// Pictures out of fixtures, read back from their files.
@Suite struct PictureTakerTests {
  private let base = Rational(1, 1000)

  private func source(_ size: PictureSize) -> PictureSource {
    var source = PictureSource(timebase: base, codedSize: size)
    source.colour = Colour(primaries: 6, transfer: 6, matrix: 6)
    return source
  }

  private func take(_ fixture: String, stream: Int = 0, _ job: PicturesJob) throws -> PicturesResult {
    let handle = try #require(FileHandle(forReadingAtPath: Fixture.path(fixture)))
    defer { try? handle.close() }
    var reader = try PictureReader.open(
      descriptor: handle.fileDescriptor, name: fixture, stream: stream, source: job.source)
    var taken = 0
    let result = try PictureTaker.take(job, reader: &reader) { taken += $0 }
    #expect(
      taken == Set(job.stills.flatMap { $0.candidates.map(\.moment) }).count
        + (job.storyboard?.moments.count ?? 0))
    return result
  }

  private func moment(_ time: Int64, before: Int64? = nil, seek: Int64 = 0) -> PicturesJob.Moment {
    PicturesJob.Moment(time: time, before: before ?? time, seek: seek)
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try #require(FileManager.default.contents(atPath: path)))
  }

  @Test func theBestCandidateIsTaken() throws {
    let folder = try TemporaryFolder()
    let size = PictureSize(320, 180)
    // holiday.mp4 is white in the first tenth of every second.
    let candidates = [moment(1000), moment(1520, before: 1270), moment(2000)].map {
      PicturesJob.Candidate($0)
    }
    let flash = [moment(3000)].map { PicturesJob.Candidate($0) }
    let job = PicturesJob(
      stream: 0, source: source(size),
      stills: [
        .init(path: folder.file("a.jpg"), size: size, quality: 85, candidates: candidates),
        .init(path: folder.file("b.jpg"), size: PictureSize(160, 90), quality: 85, candidates: flash),
      ])
    let result = try take("holiday.mp4", job)
    #expect(result.stills.map(\.size) == [size, PictureSize(160, 90)])
    #expect((1480...1520).contains(result.stills[0].time))
    #expect(result.stills[0].score > 0.5 && result.stills[1].score < 0.01)
    #expect(result.stills[1].dominantColour == "#ffffff")
    for still in result.stills {
      try JPEGFile.check(bytes(still.path), is: still.size, path: still.path)
    }
    // The same again gives the same bytes.
    let first = try bytes(folder.file("a.jpg"))
    _ = try take("holiday.mp4", job)
    #expect(try bytes(folder.file("a.jpg")) == first)
  }

  @Test func aStoryboardHasItsTilesInTheirPlaces() throws {
    let folder = try TemporaryFolder()
    let tile = PictureSize(80, 44)
    let times: [Int64] = [500, 1500, 2500, 3500, 4500, 5500, 6500]
    let storyboard = PicturesJob.Storyboard(
      paths: [folder.file("1.jpg"), folder.file("2.jpg")], tile: tile, columns: 2, rows: 2, quality: 75,
      moments: times.map { moment($0) })
    let result = try take(
      "holiday.mp4", PicturesJob(stream: 0, source: source(PictureSize(320, 180)), storyboard: storyboard))
    #expect(result.sheets.map(\.size) == [PictureSize(160, 88), PictureSize(160, 88)])
    for sheet in result.sheets { try JPEGFile.check(bytes(sheet.path), is: sheet.size, path: sheet.path) }
    let ffmpeg = try #require(Shell.find("ffmpeg"))
    // The place without a tile is black; a tile is not.
    for (crop, isBlack) in [("80:44:80:44", true), ("80:44:0:44", false)] {
      let command = try Shell.run(
        ffmpeg,
        [
          "-v", "error", "-i", folder.file("2.jpg"), "-vf", "crop=\(crop),format=gray,scale=1:1:flags=area",
          "-f", "framecrc", "-",
        ])
      let isFound = command.output.contains("0x00010001") || command.output.contains("0x00000000")
      #expect(isFound == isBlack, "\(command)")
    }
  }

  @Test func aStreamWithoutPicturesSaysSo() throws {
    let folder = try TemporaryFolder()
    let job = PicturesJob(
      stream: 0, source: source(PictureSize(320, 180)),
      stills: [.init(path: folder.file("a.jpg"), size: PictureSize(160, 90), quality: 85, candidates: [])])
    #expect(throws: PicturesFailure.damaged(path: folder.file("a.jpg"), what: "it has no candidate")) {
      try take("holiday.mp4", job)
    }
    let lost = PicturesJob(
      stream: 0, source: source(PictureSize(320, 180)),
      stills: [
        .init(
          path: "\(folder.path)/none/a.jpg", size: PictureSize(160, 90), quality: 85,
          candidates: [PicturesJob.Candidate(moment(500))])
      ])
    #expect(throws: PicturesFailure.cannotWrite(path: "\(folder.path)/none/a.jpg", code: 2)) {
      try take("holiday.mp4", lost)
    }
  }

  @Test func whatIsNoPictureIsRefused() throws {
    let folder = try TemporaryFolder()
    let size = PictureSize(64, 36)
    _ = try take(
      "holiday.mp4",
      PicturesJob(
        stream: 0, source: source(PictureSize(320, 180)),
        stills: [
          .init(
            path: folder.file("a.jpg"), size: size, quality: 50,
            candidates: [PicturesJob.Candidate(moment(500))])
        ]))
    let whole = try bytes(folder.file("a.jpg"))
    #expect(try JPEGFile.size(whole, path: "a") == size)
    #expect(throws: PicturesFailure.damaged(path: "a", what: "it is 64x36, expected 36x64")) {
      try JPEGFile.check(whole, is: size.turned, path: "a")
    }
    for count in 0..<whole.count {
      #expect(throws: PicturesFailure.damaged(path: "a", what: "it is no whole JPEG file")) {
        try JPEGFile.size(Array(whole[..<count]), path: "a")
      }
    }
    #expect(throws: PicturesFailure.damaged(path: "a", what: "it has no frame header")) {
      try JPEGFile.size([0xff, 0xd8, 0xff, 0xda, 0, 8, 0, 0, 0, 0, 0, 0, 0xff, 0xd9], path: "a")
    }
  }
}
