/// What is to be done so that a bucket holds an asset: what the asset consists of and what is remembered of the target
/// in, the differences out.
struct PublishPlan: Equatable {
  /// New or different, or not known to be there; in the order of the asset's objects.
  var uploads: [PublishObject] = []
  /// Sent by a run that was not heard of again: to be asked for.
  var unsure: [PublishObject] = []
  /// Was to go, and is wanted again: remembered as there once more.
  var revived: [RememberedObject] = []
  var unchanged = 0
  /// Known objects that the asset has no more. They go once the new ones are all there and the grace is over.
  var left: [RememberedObject] = []
  /// Uploads in parts that nobody will go on with.
  var abandoned: [RememberedObject] = []

  init(_ asset: PublishAsset, remembered: [RememberedObject]) {
    let known = Dictionary(remembered.map { ($0.key, $0) }) { first, _ in first }
    let wanted = Set(asset.objects.map(\.key))
    for object in asset.objects {
      guard let row = known[object.key] else {
        uploads.append(object)
        continue
      }
      guard row.has(contentOf: object) else {
        if row.upload != nil { abandoned.append(row) }
        uploads.append(object)
        continue
      }
      switch row.state {
      case .there: unchanged += 1
      case .sending: unsure.append(object)
      case .retired:
        revived.append(object.remembered(of: asset.id, .there))
      case .removing: uploads.append(object)
      }
    }
    for row in remembered where !wanted.contains(row.key) {
      if row.upload != nil { abandoned.append(row) }
      if row.state == .there || row.state == .sending { left.append(row) }
    }
  }
}
