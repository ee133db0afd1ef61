internal import Foundation
internal import LibAV
internal import Media
internal import TestKit
internal import Testing

@testable internal import Encoding

@Suite("Loudness") struct LoudnessTests {
  private static let hasFFmpeg = Shell.find("ffmpeg") != nil

  private func clip(_ filters: String, _ options: [String] = [], in folder: TemporaryFolder) throws -> String
  {
    let path = folder.file("clip.mka")
    let result = try Shell.run(
      "ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i", filters] + options + [path])
    try #require(result.succeeded, "\(result)")
    return path
  }

  /// What an encoding of the clip's sound gives, decoded again: nothing but the rendition's own samples.
  private func make(
    _ path: String, channels: Int, loudness: Double?, in folder: TemporaryFolder
  ) throws -> AudioResult {
    let file = try #require(FileHandle(forReadingAtPath: path))
    defer { try? file.close() }
    var audio = AudioPlan(
      name: "a", group: "a", stream: 0, codec: channels == 6 ? .ac3 : .aac, channels: channels,
      sampleRate: 48000, bitrate: channels == 6 ? 448_000 : 192_000, language: nil, label: "a",
      isDefault: true)
    audio.loudness = loudness
    audio.measuresLoudness = true
    let length = MediaTime(6, Rational(1, 1))
    let timeline = Timeline(start: .zero, duration: length, cuts: [length], segmentDuration: length)
    return try AudioRendition.make(
      AudioJob(audio: audio, timeline: timeline, path: folder.file("sound")),
      descriptor: file.fileDescriptor, name: "clip.mka"
    ) { _ in }
  }

  /// What ffmpeg's own meter says.
  private func expected(_ path: String) throws -> (integrated: Double, range: Double, peak: Double) {
    let result = try Shell.run(
      "ffmpeg",
      [
        "-nostdin", "-nostats", "-i", path, "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-",
      ])
    let summary = result.errors.components(separatedBy: "Summary:").last ?? ""
    func number(_ label: String) throws -> Double {
      let line = try #require(
        summary.split(separator: "\n").first { $0.trimmingCharacters(in: .whitespaces).hasPrefix(label) },
        "\(label) in \(result)")
      return try #require(line.split(separator: " ").lazy.compactMap { Double($0) }.first)
    }
    return (try number("I:"), try number("LRA:"), try number("Peak:"))
  }

  @Test(
    "agrees with ffmpeg's meter",
    .enabled(if: hasFFmpeg, "needs ffmpeg"),
    arguments: [
      ("aevalsrc=0.4*sin(997*2*PI*t)*lt(t\\,3)+0.04*sin(997*2*PI*t)|0.2*sin(2500*2*PI*t):d=6:s=48000", 2),
      ("anoisesrc=d=6:c=pink:r=44100:a=0.6:seed=7", 2),
      ("sine=frequency=11999:duration=6:sample_rate=48000,afade=d=1,afade=t=out:st=5:d=1", 2),
      (
        "aevalsrc=0.1*sin(440*2*PI*t)|0.2*sin(550*2*PI*t)|0.3*sin(660*2*PI*t)|0.6*sin(50*2*PI*t)|0.2*sin(770*2*PI*t)"
          + "|0.3*sin(880*2*PI*t):c=5.1:d=6:s=48000", 2
      ),
      (
        "aevalsrc=0.1*sin(440*2*PI*t)|0.2*sin(550*2*PI*t)|0.3*sin(660*2*PI*t)|0.6*sin(50*2*PI*t)|0.2*sin(770*2*PI*t)"
          + "|0.3*sin(880*2*PI*t):c=5.1(side):d=6:s=48000", 6
      ),
    ])
  func measures(_ filters: String, _ channels: Int) throws {
    let folder = try TemporaryFolder("loudness")
    let path = try clip(filters, ["-c:a", "flac"], in: folder)
    let result = try make(path, channels: channels, loudness: nil, in: folder)
    let loudness = try #require(result.loudness)
    let peer = try expected(path)
    #expect(abs(try #require(loudness.integrated) - peer.integrated) <= 0.1, "\(loudness) \(peer)")
    #expect(abs(loudness.range - peer.range) <= 0.3, "\(loudness) \(peer)")
    #expect(abs(try #require(loudness.truePeak) - peer.peak) <= 0.1, "\(loudness) \(peer)")
    #expect(result.gain == nil)
  }

  /// Speech-like bursts: quiet as a whole, with peaks that do not go up with the rest.
  @Test("is brought to what the ladder asks for, with peaks held", .enabled(if: hasFFmpeg, "needs ffmpeg"))
  func normalises() throws {
    let folder = try TemporaryFolder("loudness")
    let path = try clip(
      "aevalsrc=0.05*sin(440*2*PI*t)+0.6*sin(3000*2*PI*t)*lt(mod(t\\,1)\\,0.01)|0.05*sin(330*2*PI*t):d=6:s=48000",
      ["-c:a", "pcm_f32le"], in: folder)
    let result = try make(path, channels: 2, loudness: -16, in: folder)
    let gain = try #require(result.gain)
    #expect(gain > 5 && gain <= LoudnessGain.most && result.isLimited == true, "\(result)")
    #expect(try #require(result.loudness?.integrated) + gain < -15.9)
    // Silence stays silence.
    let other = try TemporaryFolder("silent")
    let silent = try clip("anullsrc=d=6", ["-c:a", "flac"], in: other)
    let nothing = try make(silent, channels: 2, loudness: -16, in: folder)
    #expect(nothing.gain == 0 && nothing.loudness == Loudness(integrated: nil, range: 0, truePeak: nil))
  }

  @Test("a limiter leaves low sound as it is and holds true peaks, sample for sample")
  func limits() {
    let rate = 48000
    let count = 24000
    func tone(_ level: Float, _ frequency: Double) -> [Float] {
      (0..<count).map { Float(sin(2 * .pi * frequency * Double($0) / Double(rate) + 0.7)) * level }
    }
    func limited(_ planes: [[Float]], by blocks: Int) -> [[Float]] {
      var limiter = PeakLimiter(rate: rate, channels: planes.count)
      var out: [[Float]] = planes.map { _ in [] }
      for start in stride(from: 0, to: count, by: blocks) {
        limiter.process(planes, from: start, count: min(blocks, count - start), gain: 1, onto: &out)
      }
      limiter.finish(onto: &out)
      return out
    }
    func peak(_ samples: [Float]) -> Float {
      var meter = TruePeakMeter()
      meter.add(samples[...])
      meter.finish()
      return meter.peak
    }
    let low = [tone(0.5, 440), tone(0.3, 11987)]
    #expect(limited(low, by: 1000) == low)
    // A burst in the middle of one channel, and a tone whose peaks lie between its samples.
    var high = [tone(0.5, 440), tone(1.3, 12000)]
    for place in 10000..<10100 { high[0][place] *= 4 }
    let held = limited(high, by: 1111)
    #expect(held.map(\.count) == [count, count])
    #expect(held == limited(high, by: 24000))
    let limit = Float(pow(10, -1.0 / 20))
    for plane in held { #expect(peak(plane) <= limit, "\(peak(plane))") }
    #expect(peak(held[1]) > 0.8)
  }
}

@Suite("Sound layout") struct SoundLayoutTests {
  /// Three seconds of a tone in blocks of 20 ms, each at the time that `clock` gives for its place.
  private func laid(
    channels: Int = 1, rate: Int = 48000, seconds: Int = 3, clock: (Double) -> Double
  ) throws -> (planes: [[Float]], silence: Int64) {
    let timebase = Rational(1, 1_000_000)
    var layout = SoundLayout(
      channels: channels, rate: 48000, start: .zero, total: Int64(seconds) * 48000)
    let size = rate / 50
    for block in 0..<seconds * 50 {
      let samples = (0..<size).map { place in
        Float(0.5 * sin(2 * .pi * 480 * Double(block * size + place) / Double(rate)))
      }
      let frame = try Frame.sound([samples], rate: rate)
      try layout.lay(frame, at: Int64((clock(Double(block) / 50) * 1e6).rounded()), timebase)
    }
    try layout.finish()
    return (layout.planes, layout.silence)
  }

  /// The longest run of silence inside, and the largest step between samples.
  private func faults(_ plane: ArraySlice<Float>) -> (silence: Int, step: Float) {
    var (longest, run, step) = (0, 0, Float(0))
    for (a, b) in zip(plane, plane.dropFirst()) {
      run = b.magnitude < 1e-4 ? run + 1 : 0
      longest = max(longest, run)
      step = max(step, (b - a).magnitude)
    }
    return (longest, step)
  }

  @Test("jitter of a container's clock changes nothing")
  func jitter() throws {
    let steady = try laid { $0 }
    let jittery = try laid { $0 + (Int($0 * 50) % 2 == 0 ? 0.009 : -0.009) * ($0 > 0 ? 1 : 0) }
    #expect(steady.planes[0].count == 3 * 48000 && steady.silence == 0)
    #expect(jittery.planes == steady.planes)
  }

  @Test(
    "sound that runs fast or slow against its timestamps is stretched, without a hole or a jump",
    arguments: [
      0.995, 0.999, 1.001, 1.005,
    ])
  func drift(_ pace: Double) throws {
    let seconds = 12
    let sound = try laid(seconds: seconds) { $0 * pace }
    // Its end lies where the timestamps say, within 20 ms.
    let end = try #require(sound.planes[0].lastIndex { $0.magnitude > 0.01 })
    #expect(abs(Double(end) / 48000 - Double(seconds) * pace) < 0.02, "\(end)")
    let inside = faults(sound.planes[0][100..<min(end, seconds * 48000) - 100])
    #expect(inside.silence < 8 && inside.step < 0.04, "\(inside)")
  }

  @Test("holes are silence and what overlaps is dropped, to the sample; times that go back are passed over")
  func holes() throws {
    let sound = try laid(rate: 44100) { time in time < 1 ? time : time < 2 ? time + 0.5 : time - 1 }
    #expect(sound.planes[0].count == 3 * 48000)
    let hole = sound.planes[0][48000 + 48..<72000 - 48]
    #expect(hole.allSatisfy { $0 == 0 })
    #expect(sound.planes[0][40000..<47900].contains { $0 > 0.4 })
    #expect(sound.planes[0][72100..<80000].contains { $0 > 0.4 })
    // The last second says 1.0 to 2.0, where there is sound already up to 2.5.
    #expect(sound.planes[0][120_100...].allSatisfy { $0 == 0 })
    #expect(sound.silence == 24000 + 24000, "\(sound.silence)")
  }

  @Test("a packet that was lost leaves a hole of its length, however short")
  func loss() throws {
    var layout = SoundLayout(channels: 1, rate: 48000, start: .zero, total: 40 * 1024)
    for block in 0..<40 where block != 10 {
      let frame = try Frame.sound([Array(repeating: 0.5, count: 1024)], rate: 48000)
      try layout.lay(frame, at: Int64(block * 1024), Rational(1, 48000), isAfterLoss: block == 11)
    }
    try layout.finish()
    let heard = layout.planes[0].indices.filter { layout.planes[0][$0] == 0.5 }
    #expect(heard == Array(0..<10 * 1024) + Array(11 * 1024..<40 * 1024))
    #expect(layout.silence == 1024)
  }

  @Test(
    "numbers of channels without a layout are mixed so that nothing is lost and nothing clips",
    arguments: [
      1, 2, 3, 6, 8, 9, 16,
    ])
  func discrete(_ channels: Int) throws {
    for heard in 0..<channels {
      let planes = (0..<channels).map { channel in
        (0..<960).map { channel == heard ? Float(sin(Double($0) / 10)) : 0 }
      }
      let frame = try Frame.sound(planes, rate: 48000, isUnordered: true)
      var layout = SoundLayout(channels: 2, rate: 48000, start: .zero, total: 960)
      try layout.lay(frame, at: 0, Rational(1, 48000))
      try layout.finish()
      let peak = layout.planes.map { $0.map(\.magnitude).max() ?? 0 }.max() ?? 0
      // Only low-frequency effects, which six and eight channels have, are left out (ITU-R BS.775).
      let isEffect = [6, 8].contains(channels) && heard == 3
      #expect(isEffect ? peak == 0 : peak > 0.05 && peak <= 1, "\(heard) of \(channels): \(peak)")
    }
    let all = try Frame.sound(
      Array(repeating: Array(repeating: 1, count: 960), count: channels), rate: 48000, isUnordered: true)
    var layout = SoundLayout(channels: 2, rate: 48000, start: .zero, total: 960)
    try layout.lay(all, at: 0, Rational(1, 48000))
    try layout.finish()
    #expect(layout.planes.joined().allSatisfy { $0 <= 1.0001 && $0 >= 0.4999 })
  }
}
