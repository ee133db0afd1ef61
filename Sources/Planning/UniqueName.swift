/// Tells tracks apart that would have the same name: a name and those that are taken in; the name, or the first that is
/// free of `name 2`, `name 3` … (with `joint` between) out.
enum UniqueName {
  static func of(_ name: String, among taken: [String], joint: String) -> String {
    var result = name
    var number = 2
    while taken.contains(result) {
      result = "\(name)\(joint)\(number)"
      number += 1
    }
    return result
  }
}
