internal import TestKit
internal import Verifying

extension Mutation {
  static let inventories: [Mutation] = [
    Mutation(.assetFormat, "no JSON", .cmaf, .tree) { $0.files[asset] = [1, 2, 3] },
    Mutation(.assetFormat, "no id", .cmaf, .tree) { $0.replace(asset, "\"id\"", "\"ident\"") },
    Mutation(.assetFormat, "another schema", .cmaf, .tree) {
      $0.replace(asset, "\"schema\": 1", "\"schema\": 2")
    },
    Mutation(.assetFormat, "no objects", .cmaf, .tree) { $0.replace(asset, "\"objects\"", "\"files\"") },
    Mutation(.assetClock, "a key", .cmaf, .tree) {
      $0.replace(asset, "\"schema\": 1", "\"schema\": 1, \"created_at\": 5")
    },
    Mutation(.assetClock, "a value", .cmaf, .tree) {
      $0.replace(asset, "\"tool\": \"0.1.0\"", "\"tool\": \"2024-02-03T04:05:06Z\"")
    },
    Mutation(.assetPath, "a path", .cmaf, .tree) {
      $0.replace(asset, "\"tool\": \"0.1.0\"", "\"tool\": \"/opt/bin/rung\"")
    },
    Mutation(.objectKey, "climbs out", .cmaf, .tree) {
      $0.replace(asset, "\"key\": \"packaged/clip/hls/master", "\"key\": \"../packaged/clip/hls/master")
    },
    Mutation(.objectMissing, "not there", .cmaf, .tree) { $0.files[first] = nil },
    Mutation(.objectBytes, "longer", .cmaf, .tree) { $0.files[master]?.append(10) },
    Mutation(.objectHash, "other bytes", .cmaf, .tree) { $0.replace(master, "English", "Engelsk") },
    Mutation(.objectHash, "no hash", .cmaf, .tree) { $0.replace(asset, "\"sha256\": \"", "\"sha256\": \"x") },
    Mutation(.objectType, "of a segment", .cmaf, .tree) {
      $0.replace(asset, "video/iso.segment", "video/mp4")
    },
    Mutation(.objectCache, "short for ever", .cmaf, .tree) {
      $0.replace(asset, "public, max-age=31536000, immutable", "public, max-age=60, s-maxage=300")
    },
    Mutation(.objectUnlisted, "left over", .cmaf, .tree) { $0.files["packaged/clip/old.txt"] = [1] },
  ]

  static let parts: [Mutation] = [
    Mutation(.partsFormat, "empty") { $0.files[manifest] = Array("[]".utf8) },
    Mutation(.partEntry, "no fragments") { $0.replace(manifest, "\"fragments\"", "\"pieces\"") },
    Mutation(.partEntry, "a fragment of two") { $0.replace(manifest, "[0.0, ", "[") },
    Mutation(.partMissing, "not there") { $0.files[partNext] = nil },
    Mutation(.partBytes, "longer") { $0.files[part]?.append(contentsOf: box("free", [1])) },
    Mutation(.partHash, "other bytes") { $0.patch(part, "mdat", at: 20, [0x77]) },
    Mutation(.partInit, "other bytes in the second") { $0.patch(partNext, "tkhd", at: 60, [1]) },
    Mutation(.partInit, "a wrong size") { $0.replace(manifest, "\"init_bytes\": ", "\"init_bytes\": 1") },
    Mutation(.partFragments, "a wrong offset") { $0.replace(manifest, "[0.0, ", "[0.0, 1") },
    Mutation(.partFragments, "one is not listed") { tree in
      let text = String(decoding: tree.files[manifest] ?? [], as: UTF8.self)
      guard let from = text.range(of: ", [1.0"),
        let to = text.range(of: "]]", range: from.lowerBound..<text.endIndex)
      else { return }
      tree.files[manifest] = Array(
        text.replacingCharacters(in: from.lowerBound..<to.upperBound, with: "]").utf8)
    },
    Mutation(.partTime, "of a part") { $0.replace(manifest, "\"start\": 2.0", "\"start\": 2.5") },
    Mutation(.partTime, "of a fragment") { $0.replace(manifest, "[1.0, ", "[1.2, ") },
    Mutation(.partTime, "the duration") { $0.replace(manifest, "\"duration\": 2.0", "\"duration\": 3.0") },
    Mutation(.partLimit, "of the ladder", .cmaf, .tree) {
      $0.replace(asset, "\"name\": \"default\"", "\"name\": \"default\", \"part_bytes\": 100")
    },
    Mutation(.partType, "another level") { $0.replace(manifest, "avc1.42c00a", "avc1.640028") },
    Mutation(.tfdtGap, "between parts") { $0.patch(partNext, "tfdt", at: 8, be(25, 8)) },
    Mutation(.segmentNotSync, "a part that begins in mid-GOP") {
      $0.patch(partNext, "trun", at: 24, be(0x101_0000, 4))
    },
  ]
}
