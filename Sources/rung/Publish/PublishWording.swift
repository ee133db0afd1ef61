internal import Batching
internal import Publishing

extension CommandFailure {
  /// Publishing words its failures with the advice in them.
  init(_ failure: PublishFailure) {
    self.init(nil, failure.description, exit: failure.isTemporary ? .temporary : .failed)
    switch failure {
    case .badAddress, .badEndpoint: exit = .usage
    case .cancelled: exit = .interrupted
    default: break
    }
  }

  init(ledger failure: LedgerFailure) {
    self.init(nil, failure.description, exit: failure.isTemporary ? .temporary : .failed)
  }
}
