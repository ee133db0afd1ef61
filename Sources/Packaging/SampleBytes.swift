internal import Media

/// Reads sample payloads that lie in the source file itself: what copying hands in, so that a sample needs no
/// copy of its own before it is written.
package protocol SourceBytes: AnyObject {
  func bytes(offset: Int64, count: Int) throws -> [UInt8]
}

/// Payloads wherever they are.
struct PayloadReader {
  var rendition: String
  var source: (any SourceBytes)?

  func bytes(_ sample: CodedSample) throws -> [UInt8] {
    switch sample.payload {
    case .bytes(let bytes): return bytes
    case .source(let offset, let count):
      guard let source else { throw PackagingFailure.sampleInSource(rendition: rendition) }
      return try source.bytes(offset: offset, count: count)
    }
  }
}
