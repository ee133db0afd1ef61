import Storing
import Testing

@Suite struct JSONValueTests {
  @Test func numbersKeepTheirTextAndMembersTheirOrder() throws {
    let value = try JSONValue.parse(#" { "b" : 6.0060 , "a":[1e3,-0.5, 12345678901234567890], "c":{} } "#)
    #expect(value.canonical == #"{"a":[1e3,-0.5,12345678901234567890],"b":6.0060,"c":{}}"#)
    #expect(
      value.pretty == """
        {
          "b": 6.0060,
          "a": [1e3, -0.5, 12345678901234567890],
          "c": {}
        }

        """)
  }

  @Test func plainObjectsInAListStayOnALine() throws {
    let value = try JSONValue.parse(#"{"list":[{"a":1,"b":"x"},{"c":[{"d":null}]},{}],"none":[]}"#)
    #expect(
      value.pretty == """
        {
          "list": [
            { "a": 1, "b": "x" },
            {
              "c": [
                { "d": null }
              ]
            },
            {}
          ],
          "none": []
        }

        """)
  }

  @Test func stringsGoThroughBothWays() throws {
    let text = "\"\\/\u{8}\u{c}\n\r\t\u{1}\u{7f}ä€😀"
    let value = JSONValue.string(text)
    #expect(value.canonical == #""\"\\/\u0008\u000c\n\r\t\u0001\u007fä€😀""#)
    #expect(try JSONValue.parse(value.canonical) == value)
    #expect(try JSONValue.parse(#""\u00e4\ud83d\ude00\/\b\f""#) == .string("ä😀/\u{8}\u{c}"))
  }

  @Test(arguments: [
    ("", "the text ends too early"), ("nul", "no JSON value"), ("01", "text after the end"),
    ("1.", "no JSON value"), ("-", "no JSON value"), ("+1", "no JSON value"), (".5", "no JSON value"),
    ("1e", "no JSON value"), ("NaN", "no JSON value"), ("{} x", "text after the end"),
    (#"{"a":1,"a":2}"#, "a member name occurs twice"), (#"{"a" 1}"#, "\":\" is missing"),
    (#"{"a":1"#, "\",\" or \"}\" is missing"), ("{a:1}", "a member name is missing"),
    ("[1,]", "no JSON value"), ("[1 2]", "\",\" or \"]\" is missing"), (#""abc"#, "a string has no end"),
    ("\"a\nb\"", "a control character in a string"), (#""\x""#, "an unknown escape"),
    (#""\ud83d""#, "half a surrogate pair"), (#""\ude00""#, "half a surrogate pair"),
    (#""\u12g4""#, "no hex digits"), (#""\u12"#, "a string has no end"), (#""\"#, "a string has no end"),
    (String(repeating: "[", count: 100), "nested too deeply"),
  ])
  func whatIsNoJSON(_ text: String, _ what: String) {
    let failure = #expect(throws: JSONFailure.self) { try JSONValue.parse(text) }
    #expect(failure?.what == what)
  }

  @Test func bytesThatAreNoUTF8() {
    let failure = #expect(throws: JSONFailure.self) { try JSONValue.parse([0x22, 0xff, 0x22]) }
    #expect(failure?.description == "not UTF-8 at byte 0")
  }
}
