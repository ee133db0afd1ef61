/// Looks into the bytes of one sample: NAL units and what they say of sync, parameter sets, audio framing.
struct SampleCheck {
  let track: InitSegment.Track
  let path: String
  let findings: Findings

  func check(_ bytes: ArraySlice<UInt8>, _ sample: FragmentSample) {
    guard let facts = track.facts else { return }
    let place = "sample at \(sample.offset)"
    if bytes.isEmpty {
      findings.error(facts.isVideo ? .nalFraming : .audioFrame, path, "\(place) is empty")
      return
    }
    if let codec = facts.nal {
      do throws(Malformed) {
        let units = try NALUnits.split(bytes, lengthSize: facts.lengthSize)
        pictures(units, codec, facts, sample, place)
      } catch {
        findings.error(.nalFraming, path, "\(place): \(error.what)")
      }
    } else if !facts.isVideo {
      audio(bytes, facts, place)
    }
  }

  private func pictures(
    _ units: [ArraySlice<UInt8>], _ codec: CodecFacts.NAL, _ facts: CodecFacts, _ sample: FragmentSample,
    _ place: String
  ) {
    for unit in units where NALUnits.isParameterSet(NALUnits.type(unit, codec), codec) {
      if facts.parameterSets.contains(Array(unit)) {
        findings.warn(.parameterSets, path, "\(place) repeats a parameter set of the init segment")
      } else {
        findings.error(
          .parameterSets, path, "\(place) has a parameter set that the init segment does not have")
      }
    }
    let types = units.map { NALUnits.type($0, codec) }.filter { NALUnits.isPicture($0, codec) }
    guard let type = types.first else {
      findings.error(.nalFraming, path, "\(place) has no picture")
      return
    }
    if sample.isSync, !NALUnits.isSync(type, codec) {
      findings.error(
        .segmentNotIDR, path, "\(place) is flagged sync and begins with NAL type \(type), expected an IDR")
    } else if sample.isSync, !NALUnits.isIDR(type, codec) {
      findings.warn(.segmentNotIDR, path, "\(place) is a CRA picture (NAL type \(type)), expected an IDR")
    } else if !sample.isSync, NALUnits.isIDR(type, codec) {
      findings.error(.syncFlag, path, "\(place) is an IDR (NAL type \(type)) and not flagged as sync sample")
    }
  }

  private func audio(_ bytes: ArraySlice<UInt8>, _ facts: CodecFacts, _ place: String) {
    let head = Array(bytes.prefix(2))
    if facts.codecs.hasPrefix("mp4a.40."), head[0] >> 5 == 7 {
      findings.error(
        .audioFrame, path, "\(place) begins with an ADTS header or an END element, expected a raw AAC frame")
    }
    if facts.codecs == "ac-3" || facts.codecs == "ec-3", head != [0x0B, 0x77] {
      findings.error(.audioFrame, path, "\(place) does not begin with the sync word 0B77")
    }
  }
}
