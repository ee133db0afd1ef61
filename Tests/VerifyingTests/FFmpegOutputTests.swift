internal import Foundation
internal import Testing
internal import Verifying

/// Streams that a muxer other than the fixtures' makes: real parameter sets, real timestamps, and the rules that
/// the `ffmpeg` command is known to break.
@Suite struct FFmpegOutputTests {
  private func make(_ arguments: String) throws -> VerificationReport {
    let folder = FileManager.default.temporaryDirectory.path + "/verify-ffmpeg-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let picture = "-f lavfi -i testsrc2=s=214x120:r=30000/1001:d=6 "
    let coding = "-c:v libx264 -preset ultrafast -bf 2 -g 60 -keyint_min 60 -sc_threshold 0 -pix_fmt yuv420p "
    let hls = "-f hls -hls_time 4 -hls_playlist_type vod "
    let line = "ffmpeg -v error " + picture + arguments.replacingOccurrences(of: "CODING", with: coding + hls)
    process.arguments = line.split(separator: " ").map(String.init)
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    var options = VerifyOptions()
    options.deep = true
    return Verifier.verify(path: folder + "/index.m3u8", options: options)
  }

  @Test func transportStreams() throws {
    let report = try make("-f lavfi -i sine=d=6 -c:a aac -ac 2 CODING index.m3u8")
    // ffmpeg opens each segment with the service table.
    #expect(Set(report.findings.map(\.code)) == [.tsTablesFirst], "\(report.text())")
    #expect(report.checked.segments == 2)
  }

  @Test func fragments() throws {
    let report = try make(
      "-an CODING -hls_segment_type fmp4 -hls_segment_options movflags=+cmaf -hls_segment_filename seg-%d.m4s index.m3u8"
    )
    // ffmpeg names no colours and writes both GOPs of the first segment as one fragment.
    #expect(Set(report.findings.map(\.code)) == [.initColour, .fragmentGOP], "\(report.text())")
    #expect(report.checked.segments == 2)
  }
}
