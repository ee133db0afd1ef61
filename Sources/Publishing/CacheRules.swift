package import Media

/// The rules of a cache or a server that go with a layout: what is immutable, what is fetched anew after a minute, types,
/// CORS, ranges. A layout's templates in; text for nginx, Cloudflare or a bucket's CORS out.
package struct CacheRules: Sendable {
  package enum Dialect: String, Sendable, CaseIterable {
    case cloudflare, nginx
    case s3CORS = "s3-cors"
  }

  /// One kind of object: where it lies and how it is served.
  struct Place: Equatable {
    var template: String
    var type: ContentType?
    var policy: CachePolicy
  }

  private let layout: String
  /// Before the keys: empty, or `/prefix`.
  private let prefix: String
  private let origin: String
  let places: [Place]

  /// `name` is the ladder's; `isTransport` tells what its segments are; `origin` may fetch from a browser: `*` or one
  /// site.
  package init(
    name: String, templates: [Layout.Slot: String], isTransport: Bool, prefix: String = "",
    origin: String = "*"
  ) {
    layout = name
    self.prefix = prefix.isEmpty ? "" : "/" + prefix
    self.origin = origin
    let layout = Layout(templates: templates, id: "")
    places = Layout.Slot.allCases.compactMap { slot in
      guard let template = templates[slot], slot != .source else { return nil }
      return Place(
        template: template, type: Self.type(slot, isTransport: isTransport), policy: layout.cachePolicy(slot))
    }
  }

  private static func type(_ slot: Layout.Slot, isTransport: Bool) -> ContentType? {
    switch slot {
    case .asset, .summary, .partsManifest: .json
    case .master, .media, .iframes, .storyboardPlaylist: .playlist
    case .dash: .dash
    case .`init`, .mp4, .part: .videoMP4
    case .file: isTransport ? .transportStream : .videoMP4
    case .segment: isTransport ? .transportStream : .segment
    case .text, .storyboardIndex: .webVTT
    case .poster, .thumbnail, .bestThumbnail, .storyboard: .jpeg
    case .source: nil
    }
  }

  package func text(_ dialect: Dialect) -> String {
    switch dialect {
    case .nginx: nginx
    case .cloudflare: cloudflare
    case .s3CORS: cors
    }
  }

  // MARK: nginx

  private var nginx: String {
    var lines = [
      "# Cache rules of the layout \"\(layout)\", written by: rung cache-rules --for nginx",
      "# Include this in a server { } whose root is the tree. Ranges and ETags nginx does by itself.",
      "location ~ \"/\\.\" { return 404; }",
      "location ~ \"^\(Self.escaped(prefix))/raw/\" { return 404; }",
    ]
    for place in places {
      lines.append("location ~ \"^\(Self.escaped(prefix))/\(Self.pattern(place.template))$\" {")
      if let type = place.type { lines += ["  types { }", "  default_type \(type.rawValue);"] }
      lines += [
        "  add_header Cache-Control \"\(place.policy.rawValue)\";",
        "  add_header Access-Control-Allow-Origin \"\(origin)\" always;",
        "  add_header Access-Control-Expose-Headers \"\(Self.exposed)\" always;",
      ]
      if origin != "*" { lines.append("  add_header Vary Origin always;") }
      if let type = place.type, PublishAsset.isText(type) {
        lines += ["  gzip on;", "  gzip_vary on;", "  gzip_types \(type.rawValue);"]
      }
      lines += [
        "  if ($request_method = OPTIONS) {",
        "    add_header Access-Control-Allow-Origin \"\(origin)\";",
        "    add_header Access-Control-Allow-Methods \"GET, HEAD, OPTIONS\";",
        "    add_header Access-Control-Allow-Headers \"\(Self.asked)\";",
        "    add_header Access-Control-Max-Age 86400;",
        "    return 204;",
        "  }",
        "}",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let exposed = "Content-Length, Content-Range, ETag"
  private static let asked = "Range, If-None-Match, If-Modified-Since"

  /// A template as a regular expression.
  static func pattern(_ template: String) -> String {
    var result = ""
    for piece in pieces(template) {
      switch piece {
      case .literal(let text): result += escaped(text)
      case .field("version"): result += "[0-9a-f]{8}"
      case .field("ext"): result += "[a-z0-9]+"
      case .field(let name) where name == "index" || name == "n" || name.hasPrefix("n:"): result += "[0-9]+"
      case .field: result += "[A-Za-z0-9][A-Za-z0-9._-]*"
      }
    }
    return result
  }

  private static func escaped(_ text: String) -> String {
    text.map { ".+*?()[]{}^$|\\\"".contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  private enum Piece {
    case literal(String)
    case field(String)
  }

  private static func pieces(_ template: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = template[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      pieces.append(.literal(String(rest[..<open])))
      pieces.append(.field(String(rest[rest.index(after: open)..<close])))
      rest = rest[rest.index(after: close)...]
    }
    return pieces + [.literal(String(rest))]
  }

  // MARK: Cloudflare

  /// For the phase `http_request_cache_settings` of a zone's rulesets. Cloudflare keeps by itself neither playlists nor
  /// segments, whatever their Cache-Control says, since it judges by the ends of names; `wildcard` is in every plan.
  private var cloudflare: String {
    func rule(_ policy: CachePolicy, _ about: String, edge: Int, browser: Int) -> String? {
      let paths = places.filter { $0.policy == policy }.map {
        "http.request.uri.path wildcard \\\"\(prefix)/\(Self.wildcard($0.template))\\\""
      }
      guard !paths.isEmpty else { return nil }
      return """
            {
              "description": "rung, \(layout): \(about)",
              "expression": "\(paths.joined(separator: " or "))",
              "action": "set_cache_settings",
              "action_parameters": {
                "cache": true,
                "edge_ttl": { "mode": "override_origin", "default": \(edge) },
                "browser_ttl": { "mode": "override_origin", "default": \(browser) },
                "respect_strong_etags": true
              },
              "enabled": true
            }
        """
    }
    let rules = [
      rule(.short, "playlists and manifests", edge: 300, browser: 60),
      rule(.immutable, "media whose name carries its hash", edge: 31_536_000, browser: 31_536_000),
    ]
    return "{\n  \"rules\": [\n" + rules.compactMap { $0 }.joined(separator: ",\n") + "\n  ]\n}\n"
  }

  private static func wildcard(_ template: String) -> String {
    pieces(template).map { piece in
      switch piece {
      case .literal(let text): text
      case .field: "*"
      }
    }.joined()
  }

  // MARK: CORS of a bucket

  /// As `aws s3api put-bucket-cors --cors-configuration file://…` takes it.
  private var cors: String {
    func list(_ text: String) -> String {
      text.split(separator: ", ").map { "\"\($0)\"" }.joined(separator: ", ")
    }
    return """
      {
        "CORSRules": [
          {
            "AllowedOrigins": ["\(origin)"],
            "AllowedMethods": ["GET", "HEAD"],
            "AllowedHeaders": [\(list(Self.asked))],
            "ExposeHeaders": [\(list(Self.exposed))],
            "MaxAgeSeconds": 86400
          }
        ]
      }

      """
  }
}
