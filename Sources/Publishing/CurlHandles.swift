internal import CCurl
internal import Foundation

/// Sole owner of one of libcurl's easy handles, used again for one request after the other. Belongs to the thread of
/// the `TransferLoop` that made it.
@safe final class EasyHandle {
  let raw: UnsafeMutableRawPointer
  private var headers: UnsafeMutablePointer<curl_slist>?

  init?() {
    guard let raw = unsafe curl_easy_init() else { return nil }
    unsafe self.raw = raw
  }

  deinit {
    unsafe curl_easy_cleanup(raw)
    unsafe curl_slist_free_all(headers)
  }

  func reset() {
    unsafe curl_easy_reset(raw)
    unsafe curl_slist_free_all(headers)
    unsafe headers = nil
  }

  func set(_ option: CURLoption, _ value: Int) throws(HTTPFailure) {
    try check(unsafe rung_curl_set_number(raw, option, value))
  }

  func set(_ option: CURLoption, size: Int64) throws(HTTPFailure) {
    try check(unsafe rung_curl_set_size(raw, option, curl_off_t(size)))
  }

  func set(_ option: CURLoption, _ value: String) throws(HTTPFailure) {
    try check(unsafe rung_curl_set_text(raw, option, value))
  }

  func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) throws(HTTPFailure) {
    try check(unsafe rung_curl_set_pointer(raw, option, pointer))
  }

  func set(_ option: CURLoption, transfer: rung_curl_transfer) throws(HTTPFailure) {
    try check(unsafe rung_curl_set_transfer(raw, option, transfer))
  }

  func setSeek(_ function: rung_curl_seek) throws(HTTPFailure) {
    try check(unsafe rung_curl_set_seek(raw, function))
  }

  func set(headers list: [(name: String, value: String)]) throws(HTTPFailure) {
    for header in list {
      guard let longer = unsafe curl_slist_append(headers, "\(header.name): \(header.value)") else {
        throw HTTPFailure(kind: .library, words: "out of memory")
      }
      unsafe headers = longer
    }
    guard let head = unsafe headers else { return }
    try check(unsafe rung_curl_set_pointer(raw, CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(head)))
  }

  var status: Int {
    var status = 0
    return unsafe rung_curl_number(raw, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0
  }

  private func check(_ code: CURLcode) throws(HTTPFailure) {
    guard code == CURLE_OK else { throw HTTPFailure(kind: .library, words: CurlWords.of(code)) }
  }
}

/// Sole owner of one of libcurl's multi handles. Only its loop's thread uses it, but for `wake`, which libcurl lets any
/// thread call.
@safe final class MultiHandle: @unchecked Sendable {
  private let raw: UnsafeMutableRawPointer

  init?(connections: Int) {
    CurlWords.start()
    guard let raw = unsafe curl_multi_init() else { return nil }
    unsafe self.raw = raw
    for option in [CURLMOPT_MAX_HOST_CONNECTIONS, CURLMOPT_MAXCONNECTS] {
      _ = unsafe rung_curl_multi_set_number(raw, option, connections)
    }
  }

  deinit { unsafe curl_multi_cleanup(raw) }

  func add(_ easy: EasyHandle) -> Bool { unsafe curl_multi_add_handle(raw, easy.raw) == CURLM_OK }
  func remove(_ easy: EasyHandle) { _ = unsafe curl_multi_remove_handle(raw, easy.raw) }

  func perform() -> Bool {
    var running: Int32 = 0
    return unsafe curl_multi_perform(raw, &running) == CURLM_OK
  }

  /// The next request that is over: where its handle stands in memory, and how it ended.
  func finished() -> (handle: UInt, code: CURLcode)? {
    var code = CURLE_OK
    guard let handle = unsafe rung_curl_finished(raw, &code) else { return nil }
    return (UInt(bitPattern: handle), code)
  }

  /// Waits until there is something to do, somebody wakes it, or the time is up.
  func wait(milliseconds: Int32) { _ = unsafe curl_multi_poll(raw, nil, 0, milliseconds, nil) }
  func wake() { _ = unsafe curl_multi_wakeup(raw) }
}

/// What libcurl says about its codes, and its beginning.
enum CurlWords {
  private static let started: Bool = curl_global_init(rung_curl_global_all()) == CURLE_OK

  /// Before the first handle; libcurl wants it once in a process.
  static func start() { _ = started }

  static func of(_ code: CURLcode) -> String {
    guard let text = unsafe curl_easy_strerror(code) else { return "error \(code.rawValue)" }
    return unsafe String(cString: text)
  }

  static func kind(_ code: CURLcode) -> HTTPFailure.Kind {
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_ISSUER_ERROR:
      .trust
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT,
      CURLE_NOT_BUILT_IN:
      .library
    default: .connection
    }
  }
}
