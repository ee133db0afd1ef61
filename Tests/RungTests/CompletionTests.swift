internal import Foundation
internal import TestKit
internal import Testing

@testable internal import rung

private let all = commands.map { $0.declaration }
private let listed = all.filter { !$0.isHidden }

@Suite struct CompletionTests {
  @Test(arguments: CompletedShell.allCases)
  func everyCommandAndOptionIsInTheScript(_ shell: CompletedShell) throws {
    let script = shell.script(all)
    #expect(listed.count >= 7)
    for command in listed {
      #expect(script.contains(command.name))
      for option in command.options {
        let name = shell == .fish ? "-l \(option.name.dropFirst(2)) " : option.name
        let lines = script.split(separator: "\n").filter { line in
          shell != .fish || line.contains("'__rung_command \(command.name)'")
        }
        #expect(lines.contains { $0.contains(name) }, "\(shell): \(command.name) \(option.name)")
      }
    }
  }

  @Test(arguments: CompletedShell.allCases)
  func theShellReadsItsScript(_ shell: CompletedShell) throws {
    guard Shell.find(shell.rawValue) != nil else {
      print("not tested: \(shell) is not installed")
      return
    }
    let folder = try TemporaryFolder()
    let path = try folder.write(shell.script(all), "completions")
    let result = try Shell.run(shell.rawValue, ["-n", path])
    #expect(result.succeeded && result.errors.isEmpty, "\(result)")
  }

  /// What bash offers, asked as bash itself asks: the words, the cursor in the last of them.
  @Test func bashOffersWhatFits() throws {
    let folder = try TemporaryFolder()
    let cases: [([String], [String])] = [
      ([""], listed.map(\.name) + ["--help", "--version"]),
      (["pa"], ["package"]), (["--ver"], ["--version"]), (["nothing", ""], []),
      (["package", "--sp"], ["--speed"]),
      (["package", "--speed", ""], ["fast", "balanced", "best"]),
      (["package", "--speed", "b"], ["balanced", "best"]),
      (["package", "--speed", "=", "f"], ["fast"]),
      (["package", "--speed", "="], ["fast", "balanced", "best"]),
      (["package", "--speed=be"], ["--speed=best"]),
      (["package", "--copy", "="], ["prefer", "strict"]),
      // A flag's value stands behind '=' only: what follows it is the source.
      (["package", "--copy", "cl"], ["clip.mp4"]),
      (["package", "--force", "--forc"], []), (["package", "--speed", "fast", "--spe"], []),
      (["package", "--into", ""], ["my tree"]), (["package", "--workers", ""], []),
      (["package", "--ladder", ""], ["default", "mine", "clip.mp4", "completions", "my tree", "rung"]),
      (["package", "--into", "my tree", "cl"], ["clip.mp4"]), (["package", "clip.mp4", ""], []),
      (["package", "--", "--sp"], []), (["probe", "clip.mp4", "c"], ["clip.mp4", "completions"]),
      (["batch", "--done", ""], ["keep", "delete"]), (["batch", ""], ["my tree"]),
      (["status", "my tree", "hol"], ["holiday-1"]), (["forget", "my tree", "x", ""], ["holiday-1"]),
      (["help", "lad"], ["ladders"]), (["ladders", ""], ["default", "mine"]),
    ]
    try folder.write("", "clip.mp4")
    try folder.write("", "my tree/packaged/holiday-1/asset.json")
    try folder.write(CompletedShell.bash.script(all), "completions")
    let program = try folder.write("#!/bin/sh\nprintf 'name rungs\\ndefault 1080p\\nmine 720p\\n'\n", "rung")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    var script = "cd '\(folder.path)'; source completions; complete -p rung\n"
    for (words, _) in cases {
      let quoted = (["rung"] + words).map { "'\($0)'" }
      script += "COMP_WORDS=(\(quoted.joined(separator: " "))); COMP_CWORD=\(words.count)\n"
      script += "_rung '\(program)'; printf '%s|' \"${COMPREPLY[@]}\"; echo\n"
    }
    let result = try Shell.run("bash", ["--norc", "-c", script])
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.first == "complete -F _rung rung" && result.errors.isEmpty, "\(result)")
    #expect(lines.count == cases.count + 2, "\(result)")
    for ((words, expected), line) in zip(cases, lines.dropFirst()) {
      let offered = line.split(separator: "|").map(String.init)
      #expect(offered.sorted() == expected.sorted(), "\(words): \(offered)")
    }
  }

  @Test func fishOffersWhatFits() throws {
    guard Shell.find("fish") != nil else {
      print("not tested: fish is not installed")
      return
    }
    let folder = try TemporaryFolder()
    let path = try folder.write(CompletedShell.fish.script(all), "completions")
    let cases: [(String, [String])] = [
      ("rung pack", ["package"]), ("rung package --spe", ["--speed"]),
      ("rung package --speed b", ["balanced", "best"]), ("rung help lad", ["ladders"]),
      // fish offers files too where a value may stand but need not.
      ("rung package --copy=", ["--copy=prefer", "--copy=strict"]),
    ]
    for (line, expected) in cases {
      let result = try Shell.run(
        "fish", ["--no-config", "-c", "source '\(path)'; complete -C '\(line)'"],
        environment: ["HOME": folder.path], folder: folder.path)
      let offered = result.output.split(separator: "\n").compactMap { $0.split(separator: "\t").first }
      #expect(
        offered.filter { !$0.hasSuffix("completions") }.map(String.init) == expected, "\(line): \(result)")
    }
  }
}

@Suite struct ManPageTests {
  @Test func everyCommandAndOptionHasItsPlace() {
    let overview = ManPage.overview(all, date: "")
    for command in listed {
      let title = "rung-\(command.name)".replacing("-", with: "\\-")
      #expect(overview.contains("\\fB\(title)\\fR(1)\n"))
      let page = ManPage.page(command, date: "")
      #expect(page.contains(".TH \(title.uppercased()) 1 \"\" \"rung \(Version.number)\""))
      for option in command.options {
        let name = option.name.replacing("-", with: "\\-")
        // In the synopsis, and in the list where its help is.
        #expect(page.ranges(of: "\\fB\(name)\\fR").count >= 2, "\(command.name) \(option.name)")
      }
    }
    for command in all where command.isHidden { #expect(!overview.contains("rung\\-\(command.name)")) }
  }

  @Test func whatRoffWouldTakeForItsOwnIsEscaped() {
    let odd = CommandDeclaration(
      name: "odd", summary: "reads C:\\x-y", discussion: [".rung is 'its' own…", "'quoted' at first"],
      operand: OperandDeclaration(name: "ID", count: .any, help: "~ and ^ and `\"`"))
    let page = ManPage.page(odd, date: "2026-01-31")
    for line in [
      ".TH RUNG\\-ODD 1 \"2026-01-31\" \"rung \(Version.number)\" \"User Commands\"",
      "rung\\-odd \\- reads C:\\ex\\-y",
      "[\\fIID\\[u2026]\\fR]", "\\&.rung is \\(aqits\\(aq own\\[u2026]", "\\&\\(aqquoted\\(aq at first",
      "\\(ti and \\(ha and \\(ga\\(dq\\(ga",
    ] { #expect(page.split(separator: "\n").contains(Substring(line)), "\(line)\n\(page)") }
  }

  @Test(arguments: [
    (nil, ""), ("", ""), ("x", ""), ("-1", ""), ("0", "1970-01-01"), ("1760000000", "2025-10-09"),
    ("99999999999999", ""),
  ])
  func theDateIsThatOfTheBuild(epoch: String?, expected: String) {
    #expect(ManCommand.date(epoch) == expected)
  }

  /// Nothing to complain about for those that format pages.
  @Test func whatFormatsPagesIsContent() throws {
    let folder = try TemporaryFolder()
    var pages = [try folder.write(ManPage.overview(all, date: "2026-01-31"), "rung.1")]
    for command in listed {
      pages.append(try folder.write(ManPage.page(command, date: "2026-01-31"), "rung-\(command.name).1"))
    }
    var isTested = false
    for (tool, arguments) in [
      ("groff", ["-man", "-ww", "-z"]), ("mandoc", ["-T", "lint", "-W", "warning"]),
    ]
    where Shell.find(tool) != nil {
      isTested = true
      let result = try Shell.run(tool, arguments + pages)
      #expect(result.succeeded && result.output.isEmpty && result.errors.isEmpty, "\(result)")
    }
    if !isTested { print("not tested: neither groff nor mandoc is installed") }
  }
}
