internal import CFFmpeg
internal import Media

/// A call into FFmpeg that failed: which call, its code, and FFmpeg's own words for it.
package struct AVFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package var call: String
  package var code: Int32
  /// What was being done, where the call alone does not tell: an encoder's or a filter's name.
  package var context: String?

  package init(_ call: String, code: Int32, context: String? = nil) {
    self.call = call
    self.code = code
    self.context = context
  }

  /// FFmpeg's words for the code: `Invalid data found when processing input`.
  package var reason: String {
    var text = [CChar](repeating: 0, count: 128)
    guard unsafe av_strerror(code, &text, text.count) == 0 else { return "error \(code)" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package var description: String {
    "\(call)\(context.map { " (\($0))" } ?? ""): \(reason)"
  }

  package var isEndOfFile: Bool { code == rung_averror_eof() }
  package var isOutOfMemory: Bool { code == rung_averror(ENOMEM) }
  package var isInvalidData: Bool { code == rung_averror_invaliddata() }

  package static func outOfMemory(_ call: String) -> AVFailure { AVFailure(call, code: rung_averror(ENOMEM)) }
}

/// Passes a result on, or throws it when it is negative.
@discardableResult
func check(_ call: String, _ code: Int32, context: String? = nil) throws(AVFailure) -> Int32 {
  guard code >= 0 else { throw AVFailure(call, code: code, context: context) }
  return code
}

extension Rational {
  init(_ value: AVRational) { self.init(Int64(value.num), Int64(value.den)) }

  /// FFmpeg's form; terms that do not fit 32 bits give 0/1, which FFmpeg takes as unknown.
  var av: AVRational {
    guard let num = Int32(exactly: numerator), let den = Int32(exactly: denominator) else {
      return AVRational(num: 0, den: 1)
    }
    return AVRational(num: num, den: den)
  }
}
