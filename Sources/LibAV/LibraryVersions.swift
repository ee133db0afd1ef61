internal import CFFmpeg
internal import CZimg

/// The versions of the libraries at run time: they are part of what decides the bytes.
package enum LibraryVersions {
  package static var all: [String: String] {
    [
      "ffmpeg": unsafe String(cString: av_version_info()),
      "libavcodec": text(avcodec_version()),
      "libavfilter": text(avfilter_version()),
      "libavformat": text(avformat_version()),
      "libavutil": text(avutil_version()),
      "libswresample": text(swresample_version()),
      "libswscale": text(swscale_version()),
      "libzimg": zimg,
    ]
  }

  private static var zimg: String {
    var (major, minor, micro): (UInt32, UInt32, UInt32) = (0, 0, 0)
    unsafe zimg_get_version_info(&major, &minor, &micro)
    return "\(major).\(minor).\(micro)"
  }

  private static func text(_ version: UInt32) -> String {
    "\(version >> 16).\((version >> 8) & 0xff).\(version & 0xff)"
  }
}
