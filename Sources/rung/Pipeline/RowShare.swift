internal import Media

/// Shares out a row of chunks among workers so that each goes forward: a decoder that has just shown the end of one
/// chunk goes on with the next at no cost, and anywhere else it has to begin at a keyframe.
///
/// In: the chunks in order. Out: for each worker that asks the place in that order of what it does next. A worker goes
/// on where it stands; one that cannot gets the longest stretch nobody is in, or the rear part of somebody's, from a
/// chunk that begins at a keyframe where there is one.
struct RowShare {
  private let chunks: [Chunk]
  /// Stretches of places that are left, ascending, each with the worker that is about to do its first.
  private var stretches: [(places: Range<Int>, owner: Int?)]

  init(_ chunks: [Chunk]) {
    self.chunks = chunks
    stretches = []
    var start = 0
    for place in chunks.indices.dropFirst() where chunks[place].index != chunks[place - 1].index + 1 {
      stretches.append((start..<place, nil))
      start = place
    }
    if !chunks.isEmpty { stretches.append((start..<chunks.count, nil)) }
  }

  var count: Int { stretches.reduce(0) { $0 + $1.places.count } }

  mutating func next(for worker: Int) -> Int? {
    if let mine = stretches.firstIndex(where: { $0.owner == worker }) { return take(mine, for: worker) }
    let free = stretches.indices.filter { stretches[$0].owner == nil }
    if let longest = free.max(by: { frames(stretches[$0].places) < frames(stretches[$1].places) }) {
      return take(longest, for: worker)
    }
    guard
      let longest = stretches.indices.max(by: {
        frames(stretches[$0].places) < frames(stretches[$1].places)
      })
    else { return nil }
    let (places, owner) = stretches[longest]
    let cut = cut(places)
    guard cut > places.lowerBound else { return take(longest, for: worker) }
    stretches[longest] = (places.lowerBound..<cut, owner)
    stretches.insert((cut..<places.upperBound, nil), at: longest + 1)
    return take(longest + 1, for: worker)
  }

  private mutating func take(_ stretch: Int, for worker: Int) -> Int {
    let places = stretches[stretch].places
    if places.count == 1 {
      stretches.remove(at: stretch)
    } else {
      stretches[stretch] = (places.lowerBound + 1..<places.upperBound, worker)
    }
    return places.lowerBound
  }

  private func frames(_ places: Range<Int>) -> Int { places.reduce(0) { $0 + chunks[$1].frames } }

  /// Where the rear half of a stretch begins: near the middle, better at a chunk whose keyframe the one before it does
  /// not share.
  private func cut(_ places: Range<Int>) -> Int {
    let half = frames(places) / 2
    var sum = 0
    var middle = places.upperBound - 1
    for place in places {
      if sum >= half {
        middle = place
        break
      }
      sum += chunks[place].frames
    }
    let keyed = places.dropFirst().filter { chunks[$0].seek != chunks[$0 - 1].seek }
    guard let best = keyed.min(by: { abs($0 - middle) < abs($1 - middle) }),
      abs(best - middle) <= max(1, places.count / 4)
    else { return middle }
    return best
  }
}
