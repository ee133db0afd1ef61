// swift-tools-version: 6.2
// Targets in the order in which data passes; .ci/check-imports holds the import table against the code.
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "rung",
  products: [.executable(name: "rung", targets: ["rung"])],
  targets: [
    .systemLibrary(
      name: "CFFmpeg",
      pkgConfig: "libavformat libavcodec libavfilter libavutil libswscale libswresample"),
    .systemLibrary(name: "CZimg", pkgConfig: "zimg"),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CPosix"),
    .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp"),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib"),

    module("Media", []),
    module("LibAV", ["CFFmpeg", "CZimg", "Media"]),
    module("Probing", ["LibAV", "Media"]),
    module("Planning", ["Media"]),
    module("Encoding", ["LibAV", "Media"]),
    module("Packaging", ["LibAV", "Media"]),
    module("Pictures", ["LibAV", "Media"]),
    .target(
      name: "Storing", dependencies: ["Media", "CCrypto"], exclude: ["Schemas"], swiftSettings: strict),
    module("Publishing", ["Media", "CCurl", "CCrypto", "CZlib"]),
    module("Verifying", ["Media"]),
    module("Isolating", ["Media", "CPosix", "CSeccomp"]),
    module("Batching", ["Media", "CSQLite"]),
    .executableTarget(
      name: "rung",
      dependencies: [
        "Media", "LibAV", "Probing", "Planning", "Encoding", "Packaging", "Pictures", "Publishing", "Storing",
        "Verifying", "Isolating", "Batching",
      ],
      swiftSettings: strict),

    .target(name: "TestKit", dependencies: ["Media"], path: "Tests/TestKit", swiftSettings: strict),
    tests("MediaTests", ["Media", "TestKit"]),
    tests("LibAVTests", ["LibAV", "Media", "TestKit"]),
    tests("ProbingTests", ["Probing", "LibAV", "Media", "TestKit"]),
    tests("PlanningTests", ["Planning", "Media", "TestKit"]),
    tests("EncodingTests", ["Encoding", "LibAV", "Media", "TestKit"]),
    tests(
      "PackagingTests", ["Packaging", "LibAV", "Media", "TestKit"], exclude: ["Fixtures", "Goldens"]),
    tests("PicturesTests", ["Pictures", "LibAV", "Media", "TestKit"], exclude: ["Goldens"]),
    tests("PublishingTests", ["Publishing", "Media", "TestKit"]),
    tests("StoringTests", ["Storing", "Media", "TestKit"]),
    tests("VerifyingTests", ["Verifying", "Media", "TestKit"]),
    tests("IsolatingTests", ["Isolating", "Media", "TestKit"]),
    tests("BatchingTests", ["Batching", "Media", "TestKit"]),
    tests(
      "RungTests", ["rung", "Batching", "Isolating", "Media", "Storing", "TestKit"], exclude: ["Goldens"]),
    tests("EndToEndTests", ["TestKit"], exclude: ["Goldens", "Ladders"]),
  ]
)
