internal import CCurl
internal import Foundation

/// One request on its way: gives libcurl the body as it asks for it, and collects the answer. Libcurl's callbacks hold
/// a plain pointer to it, so the loop keeps it until its handle has left the multi handle.
final class Transfer {
  let easy: EasyHandle
  let job: TransferJob
  private var position: Int64 = 0
  private var answer = HTTPAnswer()
  private var readFailure: Int32?
  private var isTooLong = false

  /// Sets the handle up; nothing is sent yet.
  init(_ job: TransferJob, on easy: EasyHandle, _ settings: TransferLoop.Settings) throws(HTTPFailure) {
    self.easy = easy
    self.job = job
    let request = job.request
    easy.reset()
    try easy.set(CURLOPT_URL, request.url)
    try easy.set(CURLOPT_PATH_AS_IS, 1)
    try easy.set(CURLOPT_PROTOCOLS_STR, "http,https")
    try easy.set(CURLOPT_NOSIGNAL, 1)
    try easy.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
    try easy.set(CURLOPT_USERAGENT, "rung")
    try easy.set(CURLOPT_CONNECTTIMEOUT_MS, Int(settings.connectSeconds * 1000))
    // Slow is fine, stuck is not.
    try easy.set(CURLOPT_LOW_SPEED_LIMIT, 1)
    try easy.set(CURLOPT_LOW_SPEED_TIME, settings.stallSeconds)
    try easy.set(CURLOPT_TCP_KEEPALIVE, 1)
    try easy.set(CURLOPT_UPLOAD_BUFFERSIZE, 1 << 18)
    if let authorities = settings.authorities { try easy.set(CURLOPT_CAINFO, authorities) }
    try sign(settings)
    try easy.set(headers: request.headers)
    try setMethod(request)
    try setCallbacks()
  }

  private func sign(_ settings: TransferLoop.Settings) throws(HTTPFailure) {
    try easy.set(CURLOPT_AWS_SIGV4, "aws:amz:\(settings.region):s3")
    try easy.set(CURLOPT_USERNAME, settings.credentials.accessKey)
    try easy.set(CURLOPT_PASSWORD, settings.credentials.secret)
  }

  private func setMethod(_ request: HTTPRequest) throws(HTTPFailure) {
    switch request.method {
    case "GET": try easy.set(CURLOPT_HTTPGET, 1)
    case "HEAD": try easy.set(CURLOPT_NOBODY, 1)
    case "PUT":
      try easy.set(CURLOPT_UPLOAD, 1)
      try easy.set(CURLOPT_INFILESIZE_LARGE, size: request.body.count)
    case "POST":
      try easy.set(CURLOPT_POST, 1)
      try easy.set(CURLOPT_POSTFIELDSIZE_LARGE, size: request.body.count)
    default: try easy.set(CURLOPT_CUSTOMREQUEST, request.method)
    }
  }

  private func setCallbacks() throws(HTTPFailure) {
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    for option in [CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA] {
      try unsafe easy.set(option, pointer: context)
    }
    try unsafe easy.set(CURLOPT_READFUNCTION) { bytes, size, count, context in
      guard let bytes = unsafe bytes, let transfer = unsafe Transfer.at(context) else {
        return rung_curl_abort_read()
      }
      return unsafe transfer.read(UnsafeMutableRawBufferPointer(start: bytes, count: size &* count))
    }
    try unsafe easy.setSeek { context, offset, origin in
      guard origin == SEEK_SET, let transfer = unsafe Transfer.at(context) else { return CURL_SEEKFUNC_FAIL }
      transfer.position = Int64(offset)
      return CURL_SEEKFUNC_OK
    }
    try unsafe easy.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let bytes = unsafe bytes, let transfer = unsafe Transfer.at(context) else { return 0 }
      return unsafe transfer.write(UnsafeRawBufferPointer(start: bytes, count: size &* count))
    }
    try unsafe easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let bytes = unsafe bytes, let transfer = unsafe Transfer.at(context) else { return 0 }
      return unsafe transfer.header(UnsafeRawBufferPointer(start: bytes, count: size &* count))
    }
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    unsafe context.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  private func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    switch job.request.body {
    case .none: return 0
    case .bytes(let bytes):
      let start = min(bytes.count, max(0, Int(clamping: position)))
      let end = min(bytes.count, start + buffer.count)
      unsafe buffer.copyBytes(from: bytes[start..<end])
      position += Int64(end - start)
      return end - start
    case .file(let range):
      let most = min(Int64(buffer.count), max(0, range.bytes - position))
      guard most > 0 else { return 0 }
      let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(most)])
      let got = unsafe range.file.read(into: part, at: range.offset + position)
      guard got > 0 else {
        // The file is shorter than it was, or cannot be read.
        readFailure = got < 0 ? errno : 0
        return rung_curl_abort_read()
      }
      position += Int64(got)
      return got
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard answer.body.count + bytes.count <= HTTPAnswer.longestBody else {
      isTooLong = true
      return 0
    }
    unsafe answer.body.append(contentsOf: bytes)
    return bytes.count
  }

  private func header(_ bytes: UnsafeRawBufferPointer) -> Int {
    let line = unsafe String(decoding: bytes, as: UTF8.self)
    // Each answer begins anew: one to `Expect: 100-continue` comes before the real one.
    if line.hasPrefix("HTTP/") {
      answer.headers = [:]
    } else if let colon = line.firstIndex(of: ":"), answer.headers.count < 256 {
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
      answer.headers[line[..<colon].lowercased()] = value
    }
    return bytes.count
  }

  /// Tells who waits for it how it ended.
  func finish(_ code: CURLcode) {
    if let readFailure {
      job.finish(.failure(HTTPFailure(kind: .unreadableFile(readFailure), words: "")))
    } else if isTooLong {
      job.finish(.failure(HTTPFailure(kind: .library, words: "the answer is too long")))
    } else if code == CURLE_OK {
      answer.status = easy.status
      job.finish(.success(answer))
    } else {
      job.finish(.failure(HTTPFailure(kind: CurlWords.kind(code), words: CurlWords.of(code))))
    }
  }
}
