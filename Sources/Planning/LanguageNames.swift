/// What a player calls a language: a BCP 47 tag in, its English name out; the tag itself for what is not listed.
enum LanguageNames {
  static func name(_ tag: String) -> String {
    let parts = tag.split(separator: "-", maxSplits: 1)
    guard let primary = parts.first, let name = names[primary.lowercased()] else { return tag }
    return parts.count > 1 ? "\(name) (\(parts[1]))" : name
  }

  /// A tag that may stand in a path and in a playlist; nil for none and for `und`.
  static func checked(_ tag: String?) -> String? {
    guard let tag, AssetID.isValid(tag), tag.utf8.count <= 35, tag.lowercased() != "und",
      !tag.contains("."), !tag.contains("_")
    else { return nil }
    return tag
  }

  private static let names = [
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "cy": "Welsh",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian",
    "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fil": "Filipino", "fr": "French", "ga": "Irish",
    "gl": "Galician", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "nb": "Norwegian Bokmål", "nl": "Dutch",
    "nn": "Norwegian Nynorsk", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish",
    "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian",
    "ur": "Urdu", "vi": "Vietnamese", "yue": "Cantonese", "zh": "Chinese",
  ]
}
