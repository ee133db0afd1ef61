internal import Foundation

/// What a worker may take of the machine: made by the parent, handed to the child at its start in its environment, and
/// entered by the child before it reads a byte of the source. The times are the parent's to watch.
package struct WorkerRules: Codable, Sendable, Equatable {
  /// The only folder in which it may read, write and remove files; nil: none at all.
  package var folder: String?
  /// Address space beyond what the bare process has.
  package var memory: Int64
  /// The pixels of the largest picture that is decoded, and how many streams a source may have.
  package var pixels: Int64
  package var streams: Int
  /// Seconds without a packet read, a picture or sound decoded or encoded, after which it is ended.
  package var stallSeconds: Int
  /// Seconds of processor time that one job may take.
  package var processorSeconds: Int64

  package static let memory = Int64(8) << 30
  package static let stallSeconds = 300
  /// A job is one chunk of half a minute at most, or the sound of one track.
  package static let processorSeconds = Int64(24 * 3600)

  package init(
    folder: String? = nil, memory: Int64 = Self.memory, pixels: Int64 = 8192 * 8192, streams: Int = 256,
    stallSeconds: Int = Self.stallSeconds, processorSeconds: Int64 = Self.processorSeconds
  ) {
    self.folder = folder
    self.memory = memory
    self.pixels = pixels
    self.streams = streams
    self.stallSeconds = stallSeconds
    self.processorSeconds = processorSeconds
  }

  /// As the environment carries it.
  var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  init?(text: String) {
    guard let rules = try? JSONDecoder().decode(WorkerRules.self, from: Data(text.utf8)) else { return nil }
    self = rules
  }
}
