internal import Foundation
internal import Media
internal import Probing
internal import Testing

/// Probes every file below the folder that `RUNG_CORPUS` names; does not run without it.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["RUNG_CORPUS"] != nil))
struct CorpusTests {
  @Test func everyFileEndsInAReportOrOneFailure() throws {
    let root = try #require(ProcessInfo.processInfo.environment["RUNG_CORPUS"])
    let names = try #require(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }
      .sorted()
    var probed = 0
    for name in names {
      let path = root + "/" + name
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
      let handle = try #require(FileHandle(forReadingAtPath: path))
      defer { try? handle.close() }
      let start = Date()
      do throws(ProbeFailure) {
        let found = try Prober.examine(
          descriptor: handle.fileDescriptor, name: (name as NSString).lastPathComponent)
        #expect(
          !(found.report.video.isEmpty && found.report.audio.isEmpty
            && found.report.subtitles.isEmpty && found.report.other.isEmpty), "\(name)")
        if let video = found.survey.video {
          #expect(video.times.values == video.times.values.sorted(), "\(name)")
          #expect(video.end > (video.times.values.last ?? .max), "\(name)")
        }
        for span in found.survey.audio { #expect(span.end >= span.start, "\(name)") }
        print("\(name): \(CorpusTests.summary(found))")
      } catch {
        #expect(!error.message.isEmpty && !error.message.contains("\n"), "\(name)")
        print("\(name): FAILURE \(error.code): \(error.message)")
      }
      #expect(Date().timeIntervalSince(start) < 20, "\(name)")
      probed += 1
    }
    #expect(probed > 0)
  }

  private static func summary(_ found: Examination) -> String {
    let report = found.report
    var parts = [report.format, report.duration.map { DecimalText.seconds($0, places: 3) } ?? "-"]
    for video in report.video {
      parts.append(
        "v:\(video.common.codec)/\(video.common.profile ?? "-")@\(video.common.level ?? "-") \(video.codedSize)"
          + ">\(video.displayedSize) \(video.orientation.degrees)\(video.orientation.mirrored ? "m" : "")"
          + " \(video.frameRate?.description ?? "-")\(video.isConstantFrameRate ? "" : "~") \(video.fieldOrder)"
          + " \(video.pixelFormat) n\(video.pictures) k\(video.keyframes)\(video.isCover ? " cover" : "")"
          + "\(video.isEncrypted ? " ENC" : "")")
    }
    for audio in report.audio {
      parts.append(
        "a:\(audio.common.codec)/\(audio.common.profile ?? "-") \(audio.layout) \(audio.sampleRate)"
          + " \(audio.common.language ?? "-")\(audio.isEncrypted ? " ENC" : "")")
    }
    for other in report.subtitles + report.other { parts.append("\(other.kind):\(other.common.codec)") }
    for span in found.survey.audio { parts.append("[\(span.start)..<\(span.end) @\(span.timebase)]") }
    if let times = found.survey.video { parts.append("{\(times.times.values.prefix(3))..\(times.end)}") }
    for fault in report.faults { parts.append("!\(fault.code): \(fault.message)") }
    return parts.joined(separator: " | ")
  }
}
