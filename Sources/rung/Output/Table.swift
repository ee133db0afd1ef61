/// Columns aligned by their widest cell: rows of text in, lines out. Numbers go to the right.
struct Table {
  struct Column {
    var title: String
    var isNumber = false
  }

  let columns: [Column]
  private(set) var rows: [[String]] = []

  init(_ columns: [Column]) { self.columns = columns }

  /// A row with fewer cells than there are columns ends early.
  mutating func add(_ cells: [String]) { rows.append(cells.map(Printable.line)) }

  func render(indent: String = "") -> String {
    let titles = columns.map(\.title)
    let widths = columns.indices.map { column in
      ([titles] + rows).map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
    }
    return ([titles] + rows).map { row in
      var line = indent
      for (index, cell) in row.prefix(columns.count).enumerated() {
        let space = String(repeating: " ", count: widths[index] - cell.count)
        line += (index > 0 ? "  " : "") + (columns[index].isNumber ? space + cell : cell + space)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
