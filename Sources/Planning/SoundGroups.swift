internal import Media

/// Sorts sound of which some is copied into groups as HLS knows them: the renditions planned and their streams in; the
/// same with group, name and label settled, or the streams that cannot stay copies, out.
///
/// A group is a codec and a channel count. All groups have to have the same members (RFC 8216 4.3.4.1.1), and a player
/// that cannot decode one codec needs another group that has everything. So one group, at least, has every kind of
/// sound there is in one codec: by codec and channels, or else by codec alone; where copies allow neither, what is not
/// in the codec that the ladder encodes to is encoded. Groups that lack a member the multivariant playlist completes.
struct SoundGroups {
  /// A rendition, and what it is to a listener.
  struct Member {
    var audio: AudioPlan
    var isCopied: Bool
    /// The language's name and the role, not yet made unique.
    var label: String
  }

  enum Result {
    case grouped([Member])
    /// To be encoded instead of copied.
    case encode([Int])
  }

  static let complaint =
    "it is in another codec than the other sound, and HLS needs all of it in one (RFC 8216 4.3.4.1.1)"

  /// `target`: the codec that sound is encoded to.
  static func sort(_ members: [Member], target: Codec) -> Result {
    // In the source's order: the first of two alike is the one without a number.
    let ordered = members.enumerated().sorted {
      ($0.element.audio.stream, $0.offset) < ($1.element.audio.stream, $1.offset)
    }
    var members = ordered.map(\.element)
    let all = Set(members.map(\.label))
    func isComplete(_ kind: some Hashable, by key: (Member) -> some Hashable) -> Bool {
      Set(members.filter { AnyHashable(key($0)) == AnyHashable(kind) }.map(\.label)) == all
    }
    if !members.contains(where: { isComplete($0.audio.group) { $0.audio.group } }) {
      let codecs = members.map(\.audio.codec).filter { isComplete($0) { $0.audio.codec } }
      guard let codec = codecs.contains(target) ? target : codecs.first else {
        let others = members.filter { $0.isCopied && $0.audio.codec != target }.map(\.audio.stream)
        return others.isEmpty ? .grouped(labelled(members)) : .encode(others)
      }
      for index in members.indices where members[index].audio.codec == codec {
        members[index].audio.group = "audio-\(codec.rawValue)"
      }
    }
    return .grouped(labelled(members))
  }

  /// The same sound has the same label in every group, and labels differ within one.
  private static func labelled(_ members: [Member]) -> [Member] {
    var members = members
    var names: Set<String> = []
    var labels: Set<[String]> = []
    for index in members.indices {
      let audio = members[index].audio
      let kind = AudioTarget.group(audio.codec, channels: audio.channels)
      members[index].audio.name = Unique.name(
        "\(kind)-\(audio.language ?? "und")", joint: "-", among: &names
      ) { $0 }
      members[index].audio.label = Unique.name(members[index].label, joint: " ", among: &labels) {
        [audio.group, $0]
      }
    }
    return members
  }
}

/// Numbers what would be there twice: `English`, `English 2`.
enum Unique {
  static func name<Key: Hashable>(
    _ name: String, joint: String, among taken: inout Set<Key>, key: (String) -> Key
  ) -> String {
    var (result, number) = (name, 2)
    while !taken.insert(key(result)).inserted {
      result = "\(name)\(joint)\(number)"
      number += 1
    }
    return result
  }
}
