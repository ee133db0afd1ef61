/// How loud a track of sound is (EBU R 128). Values are rounded to hundredths when they are measured, so that they are
/// the same on every machine.
package struct Loudness: Codable, Sendable, Equatable {
  /// Of the whole programme, gated, in LUFS; nil where nothing is loud enough to count (-70 LUFS).
  package var integrated: Double?
  /// Between its quiet and its loud passages, in LU (EBU Tech 3342).
  package var range: Double
  /// The highest level between samples too, in dBTP; nil in digital silence.
  package var truePeak: Double?

  package init(integrated: Double?, range: Double, truePeak: Double?) {
    self.integrated = integrated
    self.range = range
    self.truePeak = truePeak
  }
}
