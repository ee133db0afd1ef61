internal import Testing

@testable internal import Verifying

/// Decoder configurations as real encoders write them.
@Suite struct ConfigurationTests {
  private func bytes(_ hex: String) -> ArraySlice<UInt8> {
    let digits = Array(hex.utf8).compactMap { Int(String(UnicodeScalar($0)), radix: 16) }
    var result: [UInt8] = []
    for index in stride(from: 0, to: digits.count - 1, by: 2) {
      result.append(UInt8(digits[index] * 16 + digits[index + 1]))
    }
    return result[...]
  }

  @Test func h264WithCropping() throws {
    let facts = try AVC.configuration(
      bytes(
        "01640015ffe1001867640015acd941b1fe4f011000003e90000ea600f162d96001000668ebe3cb22c0fdf8f800"), "avc1")
    #expect(facts.codecs == "avc1.640015")
    #expect(facts.size?.description == "426x240")
    #expect(facts.pixelAspect?.description == "1/1")
    #expect(facts.lengthSize == 4)
    #expect(facts.parameterSets.count == 2)
  }

  @Test func hevcInTenBits() throws {
    let facts = try HEVC.configuration(
      bytes(
        "0102200000009000000000003cf000fcfdfafa00000f03a00001001840010c01ffff02200000030090000003000003003c959809"
          + "a10001002b42010102200000030090000003000003003ca00d880f1c9b65959a4932bc05a020000003002000000303c1"
          + "a2000100074401c172b46240"), "hvc1")
    #expect(facts.codecs == "hvc1.2.4.L60.90")
    #expect(facts.size?.description == "426x240")
  }

  @Test func av1WithItsSequenceHeader() throws {
    let facts = try AV1.configuration(bytes("81000c000a0b000000043ea7bc02f80040"))
    #expect(facts.codecs == "av01.0.00M.08")
    #expect(facts.size?.description == "426x240")
  }

  @Test func sound() throws {
    let aac = try AAC.configuration(bytes("11b0"))
    #expect(aac.codecs == "mp4a.40.2")
    #expect(aac.channels == 6)
    #expect(aac.sampleRate == 48000)
    // Explicit SBR over 24 kHz.
    let he = try AAC.configuration(bytes("2b1188"))
    #expect(he.codecs == "mp4a.40.5")
    #expect(he.sampleRate == 48000)
    #expect(try DolbyAudio.ac3(bytes("103d40")).channels == 6)
    #expect(try DolbyAudio.eac3(bytes("0600200f00")).channels == 6)
    #expect(try OtherAudio.opus(bytes("000201380000bb8000000000")).channels == 2)
    #expect(
      try OtherAudio.flac(bytes("00000000800000221000100000000000000000ac4402f0000000000000")).codecs
        == "fLaC")
  }

  @Test func vp9() throws {
    #expect(try VP9.configuration(bytes("01000000001f820101010000")).codecs == "vp09.00.31.08")
  }

  @Test(arguments: 0..<45) func aConfigurationCutShortIsAnError(length: Int) {
    let whole = bytes(
      "01640015ffe1001867640015acd941b1fe4f011000003e90000ea600f162d96001000668ebe3cb22c0fdf8f800")
    #expect((try? AVC.configuration(whole.prefix(length), "avc1")) == nil || length >= 41)
  }
}
