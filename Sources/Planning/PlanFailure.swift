package import Media

/// Why no plan can be made of a source. The cases are data; `Wording.swift` says them to a person.
package enum PlanFailure: Error, Sendable, Equatable {
  case nothingToPackage
  case encryptedVideo(stream: Int)
  case unknownVideoCodec(stream: Int)
  case encryptedSound(stream: Int)
  case unknownAudioCodec(stream: Int)
  case noPictures(stream: Int)
  case badPictureSize(stream: Int, PictureSize)
  case badTimestamps(stream: Int)
  /// The header promises more than there is, by more than is tolerated.
  case incomplete(promised: MediaTime, found: MediaTime)
  /// More than is tolerated has neither picture nor sound.
  case gaps(lost: MediaTime, of: MediaTime)
  case codecChanges(stream: Int)
  case tooManyPixels(stream: Int, PictureSize, limit: Int64)
  case tooMuchOutput(bytes: Int64, limit: Int64)
  case tooLong(seconds: Int64, limit: Int64)
  case beyondLevels(rung: String, codec: Codec)
  case badID(String)
  case badCreator(String)
  case creatorNeeded(template: String)
  case layoutCollision(key: String, first: String, second: String)
  /// Of a ladder or a command that copies or refuses.
  case cannotCopy(subject: String, reason: String)
  case ladder(LadderFailure)
}
