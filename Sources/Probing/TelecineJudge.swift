internal import LibAV
internal import Media

/// Recognises film that was turned into video of 30 frames a second: what a look at pictures showed in, the kind of
/// telecine out.
///
/// Soft: the pictures are film's, and flags tell a player to show some fields once more. Hard: the fields themselves
/// were recorded. Of five such pictures two share a field with the one before, once the top one and once the bottom
/// one, and so it goes on in fives.
enum TelecineJudge {
  /// Pictures to look at: three seconds may show nothing but a title that stands still.
  static let pictures = 150
  /// Enough to see flags.
  static let flagged = 48

  /// How much a field has to change for the other one's rest to mean anything.
  private static let motion = 0.8
  /// A field that was recorded twice is not the same after two passes of an encoder.
  private static let rest = 0.3

  static func judge(_ look: PictureLook) -> Telecine? {
    if look.pictures >= 8, (3...7).contains(look.repeats * 10 / look.pictures) { return .soft }
    return isHard(look.changes) ? .hard : nil
  }

  private enum Kind { case top, bottom, neither, still }

  private static func isHard(_ changes: [PictureLook.FieldChange]) -> Bool {
    let kinds = changes.map(kind)
    let moving = kinds.filter { $0 != .still }.count
    let (tops, bottoms) = (kinds.filter { $0 == .top }.count, kinds.filter { $0 == .bottom }.count)
    guard moving >= 15, (tops + bottoms) * 10 >= moving * 3, (tops + bottoms) * 10 <= moving * 5,
      min(tops, bottoms) * 3 >= max(tops, bottoms)
    else { return false }
    var (same, other) = (0, 0)
    for index in kinds.indices.dropLast(5) where kinds[index] == .top || kinds[index] == .bottom {
      let next = kinds[index + 5]
      if next == kinds[index] { same += 1 } else if next != .still { other += 1 }
    }
    return same >= 4 && same >= 3 * other
  }

  private static func kind(_ change: PictureLook.FieldChange) -> Kind {
    let (low, high) = (min(change.top, change.bottom), max(change.top, change.bottom))
    guard high >= motion else { return .still }
    guard low < rest * high else { return .neither }
    return change.top < change.bottom ? .top : .bottom
  }
}
