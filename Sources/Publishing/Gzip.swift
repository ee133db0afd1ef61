internal import CZlib

/// Text as it is stored with `Content-Encoding: gzip`: bytes in, the same gzip file for the same bytes out (no name, no
/// time in it, and no system).
enum Gzip {
  static func compress(_ bytes: [UInt8]) throws(PublishFailure) -> [UInt8] {
    var stream = unsafe z_stream()
    guard unsafe rung_zlib_begin_gzip(&stream) == Z_OK else { throw .library(call: "deflateInit2") }
    defer { unsafe deflateEnd(&stream) }
    guard let count = UInt32(exactly: bytes.count) else { throw .library(call: "deflate") }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, UInt(bytes.count))) + 32)
    let code = unsafe input.withUnsafeMutableBufferPointer { from in
      unsafe output.withUnsafeMutableBufferPointer { to in
        unsafe stream.next_in = from.baseAddress
        unsafe stream.avail_in = count
        unsafe stream.next_out = to.baseAddress
        unsafe stream.avail_out = UInt32(clamping: to.count)
        return unsafe deflate(&stream, Z_FINISH)
      }
    }
    guard code == Z_STREAM_END else { throw .library(call: "deflate") }
    output.removeLast(output.count - Int(clamping: unsafe stream.total_out))
    // RFC 1952 2.3.1: the tenth byte names the system; 255 is none.
    if output.count > 9 { output[9] = 255 }
    return output
  }
}
