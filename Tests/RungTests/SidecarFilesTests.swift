internal import Foundation
internal import Media
internal import TestKit
internal import Testing

@testable import rung

@Suite struct SidecarFilesTests {
  @Test(
    arguments: [
      ("film.srt", nil, false, false), ("film.en.srt", "en", false, false),
      ("film.eng.VTT", "en", false, false),
      ("film.pt-BR.forced.srt", "pt-BR", true, false), ("film.forced.de.ass", "de", true, false),
      ("film.en.sdh.vtt", "en", false, true), ("film.fr.cc.ssa", "fr", false, true),
      ("film.zh-hant.srt", "zh-Hant", false, false), ("film.und.srt", nil, false, false),
    ] as [(String, String?, Bool, Bool)])
  func whatANameSays(_ name: String, _ language: String?, _ isForced: Bool, _ isForDeaf: Bool) {
    let sidecar = Sidecar(
      name: name, language: language, isForced: isForced, isHearingImpaired: isForDeaf)
    #expect(SidecarFiles.read(name, stem: "film") == .sidecar(sidecar))
  }

  @Test func otherNames() {
    for name in ["film.mp4", "films.en.srt", "film", "other.en.srt", "film.en.txt", "film.e\nn.srt"] {
      #expect(SidecarFiles.read(name, stem: "film") == .none, "\(name)")
    }
    for (name, word) in [
      ("film.extended.en.srt", "extended"), ("film.en.de.srt", "de"), ("film..srt", ""),
      ("film.xqz.srt", "xqz"),
    ] {
      #expect(SidecarFiles.read(name, stem: "film") == .unknown(word: word), "\(name)")
    }
  }

  @Test func whatLiesBesideASource() throws {
    let folder = try TemporaryFolder()
    for name in [
      "film.mp4", "film.en.srt", "film.de.vtt", "film.extended.mp4", "film.extended.en.srt", "film.2.en.srt",
      "film2.en.srt",
    ] {
      try folder.write("x", name)
    }
    try folder.write([], "film.fr.srt")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("film.it.srt"), withDestinationPath: "/etc/hostname")
    try FileManager.default.createDirectory(
      atPath: folder.file("film.es.srt"), withIntermediateDirectories: false)
    let found = SidecarFiles.find(beside: folder.file("film.mp4"))
    #expect(found.sidecars.map(\.name) == ["film.de.vtt", "film.en.srt"])
    #expect(
      found.notes.map { "\($0.subject): \($0.reason)" } == [
        "subtitles film.2.en.srt: '2' in its name is no language, nor forced, sdh or cc",
        "subtitles film.es.srt: it is a link or no file; put the file itself there",
        "subtitles film.fr.srt: it is empty",
        "subtitles film.it.srt: it is a link or no file; put the file itself there",
      ])
    #expect(SidecarFile("film.it.srt", beside: folder.file("film.mp4")) == nil)
    #expect(SidecarFile("film.en.srt", beside: folder.file("film.mp4"))?.bytes == 1)
    #expect(SidecarFiles.find(beside: "/no/such/folder/film.mp4").sidecars.isEmpty)
  }
}
