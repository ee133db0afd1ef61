internal import Media
internal import Pictures
internal import TestKit
internal import Testing

@Suite struct StoryboardTests {
  let tile = PictureSize(160, 90)

  @Test func sheetsHaveNoEmptyRows() {
    let grid = StoryboardGrid(tile: tile, columns: 4, rows: 3, count: 17)
    #expect(grid.sheets == 2)
    #expect(grid.tiles(of: 0) == 0..<12 && grid.tiles(of: 1) == 12..<17 && grid.tiles(of: 2).isEmpty)
    #expect(grid.size(of: 0) == PictureSize(640, 270))
    #expect(grid.size(of: 1) == PictureSize(640, 180))
    #expect(grid.place(of: 0) == (0, 0) && grid.place(of: 5) == (160, 90) && grid.place(of: 16) == (0, 90))
    let single = StoryboardGrid(tile: tile, columns: 10, rows: 10, count: 3)
    #expect(single.size(of: 0) == PictureSize(480, 90))
    #expect(StoryboardGrid(tile: tile, columns: 0, rows: 0, count: -1).sheets == 0)
  }

  private func text(_ duration: MediaTime, every: Rational) -> (StoryboardText, StoryboardGrid) {
    let cues = StoryboardCues(duration: duration, every: every, most: 1000)
    let grid = StoryboardGrid(tile: tile, columns: 2, rows: 2, count: cues.count)
    let sheets = (0..<grid.sheets).map { "packaged/clip/images/storyboard-00\($0 + 1).jpg" }
    return (StoryboardText(grid: grid, cues: cues, sheets: sheets), grid)
  }

  @Test func webVTT() {
    // 23.976 a second: the end is no whole number of milliseconds.
    let (text, _) = text(MediaTime(1000, Rational(1001, 24_000)), every: Rational(15, 2))
    Golden.expect(text.webVTT(key: "packaged/clip/images/storyboard.vtt"), "storyboard.vtt")
    #expect(text.webVTT(key: "v/clip.vtt").contains("\n../packaged/clip/images/storyboard-001.jpg#xywh=0,0,"))
  }

  @Test func imagePlaylist() {
    let (text, _) = text(MediaTime(1000, Rational(1001, 24_000)), every: Rational(15, 2))
    Golden.expect(text.playlist(key: "packaged/clip/images/storyboard.m3u8"), "storyboard.m3u8")
  }

  @Test func beyondAnHour() {
    let (text, _) = text(MediaTime(3_725, Rational(1, 1)), every: Rational(1000, 1))
    #expect(text.webVTT(key: "a.vtt").contains("\n00:50:00.000 --> 01:02:05.000\n"))
  }
}
