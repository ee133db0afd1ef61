package import Media

/// Where the tiles of a storyboard are: a number of tiles and the shape of a sheet in; each tile's sheet and place
/// out. A sheet that is not full has no empty rows, and with one row no empty columns.
package struct StoryboardGrid: Sendable, Equatable {
  package let tile: PictureSize
  package let columns: Int
  package let rows: Int
  package let count: Int

  package init(tile: PictureSize, columns: Int, rows: Int, count: Int) {
    self.tile = tile
    self.columns = max(1, columns)
    self.rows = max(1, rows)
    self.count = max(0, count)
  }

  init(_ storyboard: PicturesJob.Storyboard) {
    self.init(
      tile: storyboard.tile, columns: storyboard.columns, rows: storyboard.rows,
      count: storyboard.moments.count)
  }

  private var perSheet: Int { columns * rows }
  package var sheets: Int { (count + perSheet - 1) / perSheet }

  /// The tiles of a sheet; none for a sheet that there is not.
  package func tiles(of sheet: Int) -> Range<Int> {
    let first = min(count, max(0, sheet) * perSheet)
    return first..<min(count, first + perSheet)
  }

  /// Columns and rows that a sheet has.
  package func shape(of sheet: Int) -> (columns: Int, rows: Int) {
    let number = tiles(of: sheet).count
    return (min(columns, number), (number + columns - 1) / columns)
  }

  package func size(of sheet: Int) -> PictureSize {
    let shape = shape(of: sheet)
    return PictureSize(shape.columns * tile.width, shape.rows * tile.height)
  }

  package func sheet(of tile: Int) -> Int { tile / perSheet }

  package func place(of index: Int) -> (x: Int, y: Int) {
    let within = index % perSheet
    return (within % columns * tile.width, within / columns * tile.height)
  }
}
