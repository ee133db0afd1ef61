/// The code points of H.273 by the names that people in this field use; others by their number.
enum ColourNames {
  static func primaries(_ code: Int) -> String {
    switch code {
    case 1: "bt709"
    case 2: "unspecified"
    case 4: "bt470m"
    case 5: "bt470bg"
    case 6: "smpte170m"
    case 7: "smpte240m"
    case 8: "film"
    case 9: "bt2020"
    case 10: "smpte428"
    case 11: "smpte431"
    case 12: "smpte432"
    default: "\(code)"
    }
  }

  static func transfer(_ code: Int) -> String {
    switch code {
    case 1: "bt709"
    case 2: "unspecified"
    case 4: "gamma22"
    case 5: "gamma28"
    case 6: "smpte170m"
    case 7: "smpte240m"
    case 8: "linear"
    case 11: "iec61966-2-4"
    case 13: "srgb"
    case 14: "bt2020-10"
    case 15: "bt2020-12"
    case 16: "pq"
    case 18: "hlg"
    default: "\(code)"
    }
  }

  static func matrix(_ code: Int) -> String {
    switch code {
    case 0: "rgb"
    case 1: "bt709"
    case 2: "unspecified"
    case 4: "fcc"
    case 5: "bt470bg"
    case 6: "smpte170m"
    case 7: "smpte240m"
    case 8: "ycgco"
    case 9: "bt2020nc"
    case 10: "bt2020c"
    case 14: "ictcp"
    default: "\(code)"
    }
  }
}
