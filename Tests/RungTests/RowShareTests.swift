internal import Media
internal import Testing

@testable internal import rung

@Suite("Sharing out a row of chunks") struct RowShareTests {
  /// `runs` says how many chunks share each keyframe.
  private func row(_ runs: [Int]) -> [Chunk] {
    var chunks: [Chunk] = []
    for (key, count) in runs.enumerated() {
      for _ in 0..<count {
        chunks.append(Chunk(index: chunks.count, firstFrame: chunks.count * 60, frames: 60, seek: Int64(key)))
      }
    }
    return chunks
  }

  @Test("every chunk is handed out once, whoever asks when")
  func once() {
    for workers in 1...5 {
      var share = RowShare(row([4, 1, 3, 7, 2]))
      var seen: [Int] = []
      var turn = 0
      while let place = share.next(for: turn * 7 % workers) {
        seen.append(place)
        turn += 1
      }
      #expect(seen.sorted() == Array(0..<17))
      #expect(share.count == 0)
    }
  }

  @Test("two workers each go forward, the second from a keyframe near the middle")
  func forward() {
    var share = RowShare(row([4, 4, 4]))
    #expect(share.next(for: 0) == 0)
    #expect(share.next(for: 1) == 8)
    #expect(share.next(for: 0) == 1)
    #expect(share.next(for: 1) == 9)
    #expect(share.next(for: 1) == 10)
    #expect(share.next(for: 1) == 11)
    // The other half is done: it helps with the rear of what is left.
    #expect(share.next(for: 1) == 4)
    #expect(share.next(for: 0) == 2)
    #expect(share.next(for: 0) == 3)
  }

  @Test("what lies behind a gap is a stretch of its own")
  func gaps() {
    let chunks = row([1, 1, 1, 1, 1, 1]).filter { $0.index != 2 }
    var share = RowShare(chunks)
    #expect(share.next(for: 0) == 2)
    #expect(share.next(for: 1) == 0)
    #expect(share.next(for: 1) == 1)
    #expect(share.next(for: 0) == 3)
  }

  @Test("nothing to do is nothing to hand out")
  func empty() {
    var share = RowShare([])
    #expect(share.next(for: 0) == nil)
  }
}
