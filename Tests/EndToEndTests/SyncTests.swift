internal import Foundation
internal import TestKit
internal import Testing

extension EndToEnd {
  /// A white picture and a beep at every second, through containers that time them in different ways: what comes out
  /// lies together from the first to the last, within half a frame of pictures and a frame of sound.
  ///
  /// Frames are counted, since the output has a constant rate and begins at 0: FFmpeg's demuxer shows reordered
  /// pictures late.
  @Suite(.enabled(if: Peer.hasFFmpeg, "needs ffmpeg and ffprobe")) struct SyncTests {
    private static let seconds = 6

    struct Clip: Sendable, CustomTestStringConvertible {
      var file: String
      var options: [String]
      /// Seconds of sound that one second of pictures lasts by the timestamps.
      var pace = 1.0
      var rate = "25"
      var testDescription: String { "\(file) \(options.joined(separator: " "))" }
    }

    static let clips = [
      Clip(file: "b-frames.mp4", options: ["-bf", "2", "-c:a", "aac"], rate: "30000/1001"),
      Clip(file: "opus.mkv", options: ["-bf", "2", "-c:a", "libopus"]),
      Clip(file: "chunks.avi", options: ["-bf", "0", "-c:a", "libmp3lame"]),
      // 26.5 hours, at which 33 bits of 90 kHz are full, come in the middle.
      Clip(file: "wraps.ts", options: ["-bf", "2", "-c:a", "mp2", "-output_ts_offset", "95440"]),
      Clip(file: "late.mkv", options: ["-af", "atrim=start=1.3", "-c:a", "pcm_s16le"]),
      Clip(file: "early.mkv", options: ["-vf", "select=gte(t\\,1.5)", "-fps_mode", "vfr", "-c:a", "flac"]),
      Clip(file: "hole.mkv", options: ["-af", "aselect=not(between(t\\,2.2\\,3.6))", "-c:a", "pcm_s16le"]),
      // The clock of the sound was 0.5 % slow, and fast: its timestamps say so, its samples do not.
      Clip(file: "slow.mkv", options: ["-af", "asetpts=N/SR/TB*1.005", "-c:a", "pcm_s16le"], pace: 1.005),
      Clip(file: "fast.mkv", options: ["-af", "asetpts=N/SR/TB*0.995", "-c:a", "pcm_s16le"], pace: 0.995),
    ]

    @Test(arguments: clips)
    func picturesAndSoundStayTogether(_ clip: Clip) throws {
      let folder = try TemporaryFolder()
      let path = folder.file(clip.file)
      let pictures =
        "color=black:size=64x36:rate=\(clip.rate):duration=\(Self.seconds),"
        + "drawbox=c=white:t=fill:enable='lt(mod(t+0.001\\,1)\\,0.03)'"
      let sound =
        "aevalsrc='0.8*sin(2*PI*1000*t)*lt(mod(t*\(clip.pace)\\,1)\\,0.04)':s=48000:d=\(Self.seconds)"
      let made = try Shell.run(
        "ffmpeg",
        ["-nostdin", "-v", "error", "-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", sound]
          + ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p"] + clip.options
          + [path])
      try #require(made.succeeded, "\(made)")
      let asset = Asset(tree: folder.file("tree"), id: "clip")
      let packaged = try Rung.package(
        path, into: asset.tree, ladder: Checkout.path("Tests/EndToEndTests/Ladders/sync.json"))
      try #require(packaged.exit == 0, "\(packaged)")

      let frame = clip.rate == "25" ? 1.0 / 25 : 1001.0 / 30000
      let flashes = try Self.flashes(try #require(try asset.playlists("video").first).path, frame)
      let beeps = try Self.beeps(try #require(try asset.playlists("audio").first).path)
      // The first picture, shown from the start on, may stand in for some time before it.
      let pairs = flashes.filter { $0 > 0 }.compactMap { flash in
        beeps.map { $0 - flash }.min { abs($0) < abs($1) }
      }.filter { abs($0) < 0.4 }
      #expect(pairs.count >= 3, "\(flashes) \(beeps)")
      let worst = try #require(pairs.map(abs).max())
      #expect(worst <= frame / 2 + 1024.0 / 48000, "\(flashes) \(beeps)")
    }

    /// When the pictures become white, in seconds.
    private static func flashes(_ playlist: String, _ frame: Double) throws -> [Double] {
      let pictures = try Peer.thumbnails(playlist, size: "16:9")
      let isWhite = pictures.map { $0.reduce(0) { $0 + Int($1) } / $0.count > 100 }
      return isWhite.indices.filter { isWhite[$0] && ($0 == 0 || !isWhite[$0 - 1]) }.map {
        Double($0) * frame
      }
    }

    /// When something is heard after a tenth of a second of silence, in seconds.
    private static func beeps(_ playlist: String) throws -> [Double] {
      var (result, silence) = ([Double](), 4800)
      for (place, sample) in try Peer.sound(playlist).enumerated() {
        if sample.magnitude > 6000 {
          if silence >= 4800 { result.append(Double(place) / 48000) }
          silence = 0
        } else {
          silence += 1
        }
      }
      return result
    }
  }
}
