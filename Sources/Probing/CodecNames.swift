/// Names as people write them for what libraries number.
package enum CodecNames {
  /// A level from the codec's own number: `4.0` for H.264's 40, `4.1` for HEVC's 123.
  package static func level(codec: String, _ number: Int?) -> String? {
    guard let number, number >= 0 else { return nil }
    switch codec {
    case "h264":
      if number == 9 { return "1b" }
      return number >= 10 ? tenths(number) : nil
    case "vp9": return number >= 10 ? tenths(number) : nil
    case "hevc":
      // general_level_idc is thirty times the level.
      return number > 0 && number % 3 == 0 ? tenths(number / 3) : nil
    case "av1":
      // seq_level_idx 31 stands for "no limits".
      return number <= 23 ? "\(2 + number / 4).\(number % 4)" : nil
    case "mpeg2video":
      return [4: "High", 6: "High 1440", 8: "Main", 10: "Low"][number]
    case "mpeg4":
      return number > 0 ? "\(number % 16)" : nil
    default: return nil
    }
  }

  private static func tenths(_ number: Int) -> String { "\(number / 10).\(number % 10)" }

  /// Rung's short name for a container.
  package static func format(_ name: String, majorBrand: String?) -> String {
    if let short = formats[name] { return short }
    guard name.hasPrefix("mov,") else { return name }
    guard let brand = majorBrand else { return "mov" }
    if brand.hasPrefix("qt") { return "mov" }
    return brand.hasPrefix("3g") ? "3gp" : "mp4"
  }

  private static let formats = [
    "matroska,webm": "matroska", "mpeg": "mpegps", "live_flv": "flv",
    "png_pipe": "png", "jpeg_pipe": "jpeg", "webp_pipe": "webp",
  ]
}

extension String {
  /// Text of a source for people: no control or direction characters, spaces collapsed, not endless; nil when
  /// nothing is left.
  package var presentable: String? {
    var result = ""
    var pendingSpace = false
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .spaceSeparator, .lineSeparator, .paragraphSeparator: pendingSpace = !result.isEmpty
      case .format, .surrogate, .privateUse, .unassigned: continue
      default:
        if pendingSpace { result.unicodeScalars.append(" ") }
        pendingSpace = false
        result.unicodeScalars.append(scalar)
      }
      if result.unicodeScalars.count >= 200 { break }
    }
    return result.isEmpty ? nil : result
  }
}
