/// Looks into the bytes of one sample: NAL units and what they say of sync, parameter sets, audio framing.
struct SampleCheck {
  let track: InitSegment.Track
  let path: String
  let findings: Findings

  /// False where it is a picture that needs others before it.
  @discardableResult
  func check(_ bytes: ArraySlice<UInt8>, _ sample: FragmentSample) -> Bool {
    guard let facts = track.facts else { return true }
    let place = Place.byte(sample.offset)
    if bytes.isEmpty {
      findings.add(facts.isVideo ? .nalFraming : .audioFrame, path, "the sample is empty", at: place)
      return false
    }
    if let codec = facts.nal {
      do throws(Malformed) {
        let units = try NALUnits.split(bytes, lengthSize: facts.lengthSize)
        return pictures(units, codec, facts, sample, place)
      } catch {
        findings.add(.nalFraming, path, error.what, at: place)
        return false
      }
    }
    if !facts.isVideo { audio(bytes, facts, place) }
    return true
  }

  private func pictures(
    _ units: [ArraySlice<UInt8>], _ codec: CodecFacts.NAL, _ facts: CodecFacts, _ sample: FragmentSample,
    _ place: Place
  ) -> Bool {
    for unit in units where NALUnits.isParameterSet(NALUnits.type(unit, codec), codec) {
      if facts.parameterSets.contains(Array(unit)) {
        findings.add(
          .parameterSets, path, "the sample repeats a parameter set of the init segment", at: place,
          as: .warning)
      } else {
        findings.add(
          .parameterSets, path, "the sample has a parameter set that the init segment does not have",
          at: place)
      }
    }
    let types = units.map { NALUnits.type($0, codec) }.filter { NALUnits.isPicture($0, codec) }
    guard let type = types.first else {
      findings.add(.nalFraming, path, "the sample has no picture", at: place)
      return false
    }
    if sample.isSync, !NALUnits.isSync(type, codec) {
      findings.add(
        .segmentNotIDR, path, "a sample flagged sync begins with NAL type \(type), expected an IDR", at: place
      )
    } else if sample.isSync, !NALUnits.isIDR(type, codec) {
      findings.add(
        .segmentNotIDR, path, "a sync sample is a CRA picture (NAL type \(type)), expected an IDR", at: place,
        as: .warning)
    } else if !sample.isSync, NALUnits.isIDR(type, codec) {
      findings.add(
        .syncFlag, path, "the sample is an IDR (NAL type \(type)) and not flagged as sync sample", at: place)
    }
    return NALUnits.isSync(type, codec)
  }

  private func audio(_ bytes: ArraySlice<UInt8>, _ facts: CodecFacts, _ place: Place) {
    let head = Array(bytes.prefix(2))
    if facts.codecs.hasPrefix("mp4a.40."), head[0] >> 5 == 7 {
      findings.add(
        .audioFrame, path,
        "the sample begins with an ADTS header or an END element, expected a raw AAC frame", at: place)
    }
    if facts.codecs == "ac-3" || facts.codecs == "ec-3", head != [0x0B, 0x77] {
      findings.add(.audioFrame, path, "the sample does not begin with the sync word 0B77", at: place)
    }
  }
}
