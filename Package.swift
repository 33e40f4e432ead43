// swift-tools-version: 6.2
// The layer table of ARCHITECTURE.md as a manifest: a room lists every room it imports, always of a lower layer.
// `SKYSAIL_ROOMS=PromQL,TimeSeriesStore swift test` builds only these rooms, what they rest on, and their tests,
// so that work on one room does not wait for the HTTP stack to compile.
import PackageDescription

// MARK: - Third-party packages, each with the rooms that may use it in ARCHITECTURE.md

struct Library {
    let name: String
    let package: Package.Dependency
    let products: [String]
}

let libraries: [Library] = [
    Library(
        name: "swift-collections",
        package: .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        products: ["DequeModule", "HeapModule", "OrderedCollections"]),
    Library(
        name: "swift-nio", package: .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        products: ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOWebSocket", "NIOEmbedded"]),
    Library(
        name: "async-http-client",
        package: .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        products: ["AsyncHTTPClient"]),
    // Compiled for async-http-client anyway.
    Library(
        name: "swift-nio-ssl", package: .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"), products: ["NIOSSL"]),
    Library(
        name: "swift-argument-parser",
        package: .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        products: ["ArgumentParser"]),
    Library(
        name: "swift-log", package: .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        products: ["Logging"]),
]

// MARK: - Rooms

struct Room {
    let name: String
    var layer: Int
    /// Rooms of lower layers, and C shims.
    var imports: [String] = []
    /// Products of third-party packages.
    var products: [String] = []
    /// Rooms and products that only the room's tests use.
    var testImports: [String] = []
    var testProducts: [String] = []
    var hasTests = true
}

/// C shims: a target name and the system library it links, if any.
struct Shim {
    let name: String
    var libraries: [String] = []
    var isCPlusPlus = false
}

let shims: [Shim] = [
    Shim(name: "CPosix"),
    Shim(name: "CLZ4", libraries: ["lz4"]),
    Shim(name: "CZSTD", libraries: ["zstd"]),
    Shim(name: "CSnappy", libraries: ["snappy"]),
    Shim(name: "CZlib", libraries: ["z"]),
    Shim(name: "CBzip2", libraries: ["bz2"]),
    Shim(name: "CLZMA", libraries: ["lzma"]),
    Shim(name: "CRE2", libraries: ["re2"], isCPlusPlus: true),
    Shim(name: "CNumbers", isCPlusPlus: true),
    Shim(name: "CSQLite", libraries: ["sqlite3"]),
    Shim(name: "CYAML", libraries: ["yaml"]),
    Shim(name: "CConsoleAssets"),
]

let rooms: [Room] = [
    Room(name: "Bytes", layer: 0, imports: ["CPosix", "CLZ4", "CZSTD", "CSnappy", "CZlib", "CBzip2", "CLZMA", "CRE2", "CNumbers"]),

    Room(name: "Telemetry", layer: 1, imports: ["Bytes"]),
    Room(name: "ClusterAPI", layer: 1, imports: ["Bytes"], products: ["OrderedCollections"]),
    Room(name: "Documents", layer: 1, imports: ["Bytes", "CYAML"]),
    Room(name: "Environment", layer: 1, imports: ["Bytes"]),

    Room(name: "Posix", layer: 2, imports: ["Bytes", "Environment", "CPosix"]),
    Room(name: "QueryLanguage", layer: 2, imports: ["Bytes", "Telemetry", "Environment"]),
    Room(name: "Wire", layer: 2, imports: ["Bytes", "Telemetry"]),
    Room(
        name: "Reconciliation", layer: 2, imports: ["Bytes", "ClusterAPI", "Environment"],
        products: ["DequeModule", "HeapModule", "OrderedCollections"]),

    Room(
        name: "TimeSeriesStore", layer: 3, imports: ["Bytes", "Telemetry", "Environment"],
        testImports: ["Posix"]),
    Room(
        name: "LogStore", layer: 3, imports: ["Bytes", "Telemetry", "Environment"],
        testImports: ["Posix"]),
    Room(
        name: "ObjectStore", layer: 3, imports: ["Bytes", "Environment", "CSQLite"], products: ["DequeModule"],
        testImports: ["Posix"]),
    Room(
        name: "PromQL", layer: 3, imports: ["Bytes", "Telemetry", "Environment", "QueryLanguage"],
        testImports: ["Posix"]),
    Room(
        name: "LogQL", layer: 3, imports: ["Bytes", "Telemetry", "Environment", "QueryLanguage"]),

    Room(
        name: "APIServer", layer: 4, imports: ["Bytes", "Telemetry", "ClusterAPI", "Environment", "QueryLanguage", "ObjectStore"],
        products: ["DequeModule", "OrderedCollections"], testImports: ["Documents"]),
    Room(
        name: "Scheduler", layer: 4, imports: ["Bytes", "ClusterAPI", "Environment", "Reconciliation"],
        products: ["DequeModule", "HeapModule", "OrderedCollections"]),
    Room(
        name: "Controllers", layer: 4, imports: ["Bytes", "ClusterAPI", "Environment", "Reconciliation"],
        products: ["DequeModule", "OrderedCollections"]),
    Room(
        name: "Autoscaler", layer: 4,
        imports: ["Bytes", "Telemetry", "ClusterAPI", "Environment", "QueryLanguage", "Reconciliation"],
        products: ["OrderedCollections"], testImports: ["Documents"]),
    Room(
        name: "Rules", layer: 4,
        imports: ["Bytes", "Telemetry", "ClusterAPI", "Environment", "QueryLanguage", "Reconciliation", "Documents"],
        products: ["OrderedCollections"], testImports: ["PromQL", "LogQL"]),
    Room(
        name: "NodeAgent", layer: 4, imports: ["Bytes", "Telemetry", "ClusterAPI", "Environment", "Reconciliation"],
        products: ["OrderedCollections"]),
    Room(
        name: "Collection", layer: 4, imports: ["Bytes", "Telemetry", "ClusterAPI", "Environment", "Wire", "Reconciliation"],
        testImports: ["Posix"]),
    Room(
        name: "ServiceNetwork", layer: 4,
        imports: ["Bytes", "Telemetry", "ClusterAPI", "Environment", "Reconciliation", "CPosix"], testImports: ["Posix"]),

    Room(
        name: "Runtimes", layer: 5, imports: ["Bytes", "Telemetry", "ClusterAPI", "Environment", "NodeAgent", "Posix", "CPosix"]),
    Room(
        name: "RemoteEngines", layer: 5,
        imports: ["Bytes", "Telemetry", "ClusterAPI", "Environment", "QueryLanguage", "Wire", "ObjectStore"]),
    Room(
        name: "Host", layer: 5, imports: ["Bytes", "Telemetry", "Environment", "Posix", "CPosix"],
        products: ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOWebSocket", "NIOSSL", "AsyncHTTPClient", "Logging"]),
    Room(
        name: "HTTPAPI", layer: 5,
        imports: ["Bytes", "Telemetry", "ClusterAPI", "Environment", "QueryLanguage", "Wire", "Documents", "CConsoleAssets"],
        products: ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOWebSocket", "Logging"], testImports: ["APIServer", "LogStore", "ObjectStore", "Posix"],
        testProducts: ["NIOEmbedded"]),
    Room(
        name: "Simulation", layer: 5,
        imports: [
            "Bytes", "Telemetry", "ClusterAPI", "Environment", "QueryLanguage", "Reconciliation", "TimeSeriesStore", "LogStore", "ObjectStore", "PromQL",
            "LogQL", "APIServer", "Scheduler", "Controllers", "Autoscaler",
        ],
        products: ["DequeModule", "HeapModule", "OrderedCollections"]),

    Room(
        name: "skysail", layer: 6,
        imports: [
            "Bytes", "Telemetry", "ClusterAPI", "Documents", "Environment", "QueryLanguage", "Wire", "Reconciliation",
            "TimeSeriesStore", "LogStore", "ObjectStore", "PromQL", "LogQL", "APIServer", "Scheduler", "Controllers",
            "Autoscaler", "Rules", "NodeAgent", "Collection", "ServiceNetwork", "Runtimes", "RemoteEngines", "Posix", "Host",
            "HTTPAPI", "Simulation",
        ],
        products: ["ArgumentParser", "Logging"], hasTests: false),
]

/// Test targets that look at the package as a whole or at the finished binary.
let suites: [Room] = [
    Room(name: "Tidy", layer: 7),
    Room(name: "EndToEnd", layer: 7, imports: ["Bytes", "Environment", "Posix", "QueryLanguage", "PromQL", "Wire", "Telemetry"]),
]

// MARK: - Which rooms this build is about

let roomsByName = Dictionary(uniqueKeysWithValues: rooms.map { ($0.name, $0) })

let chosen = Context.environment["SKYSAIL_ROOMS"].map { $0.split(separator: ",").map(String.init) }
let tested = Set(chosen ?? rooms.map(\.name))
let built: Set<String> = {
    guard let chosen else { return Set(rooms.map(\.name)).union(shims.map(\.name)) }
    var names = chosen
    for name in chosen {
        names += roomsByName[name]?.testImports ?? []
        names += suites.first { $0.name == name }?.imports ?? []
    }
    var seen: Set<String> = []
    while let name = names.popLast() {
        guard seen.insert(name).inserted else { continue }
        names += roomsByName[name]?.imports ?? []
    }
    return seen
}()

// MARK: - Targets

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

@MainActor
func product(_ name: String) -> Target.Dependency {
    let owner = libraries.first { $0.products.contains(name) }!
    return .product(name: name, package: owner.name)
}

var targets: [Target] = []
var usedProducts: Set<String> = []

for shim in shims where built.contains(shim.name) {
    targets.append(
        .target(
            name: shim.name,
            path: "Sources/\(shim.name)",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-O2"])],
            cxxSettings: [.unsafeFlags(["-O2"])],
            linkerSettings: shim.libraries.map { .linkedLibrary($0) }))
}

for room in rooms where built.contains(room.name) {
    let dependencies = room.imports.map { Target.Dependency.target(name: $0) } + room.products.map(product)
    let settings = strict + (room.name == "Bytes" ? [.enableExperimentalFeature("Lifetimes")] : [])
    usedProducts.formUnion(room.products)
    if room.name == "skysail" {
        targets.append(
            .executableTarget(
                name: room.name, dependencies: dependencies, path: "Sources/skysail", exclude: ["README.md"],
                swiftSettings: settings))
    } else {
        targets.append(
            .target(
                name: room.name, dependencies: dependencies, path: "Sources/\(room.name)", exclude: ["README.md"],
                swiftSettings: settings))
    }
    if room.hasTests && tested.contains(room.name) {
        usedProducts.formUnion(room.testProducts)
        targets.append(
            .testTarget(
                name: "\(room.name)Tests",
                dependencies: [.target(name: room.name)]
                    + room.imports.filter { roomsByName[$0] != nil }.map { .target(name: $0) }
                    + room.testImports.map { .target(name: $0) }
                    + (room.name == "PromQL" ? [.target(name: "PromQLScript")] : [])
                    + (room.products + room.testProducts).map(product),
                path: "Tests/\(room.name)Tests",
                swiftSettings: strict))
    }
}

// What reads promqltest scripts: used on the engine alone and on the finished binary.
let readsScripts: Set = ["PromQL", "EndToEnd"]
if !readsScripts.isDisjoint(with: tested) || chosen == nil {
    targets.append(
        .target(
            name: "PromQLScript",
            dependencies: ["Bytes", "Telemetry", "QueryLanguage", "PromQL"].map { .target(name: $0) }, path: "Tests/PromQLScript", exclude: ["README.md"],
            swiftSettings: strict))
}

// The shim as a program of its own, so that Runtimes' tests need not build the whole binary.
if tested.contains("Runtimes") {
    targets.append(
        .executableTarget(
            name: "ShimProgram", dependencies: [.target(name: "Runtimes")], path: "Tests/ShimProgram", swiftSettings: strict))
}

// Load benchmarks of the cluster core: a program of this package, so that it is built with everything and never rots.
if built.contains("skysail") {
    let used = ["Bytes", "ClusterAPI", "Environment", "Posix", "Reconciliation", "ObjectStore", "APIServer", "Scheduler", "Controllers"]
    targets.append(
        .executableTarget(
            name: "ClusterBenchmark",
            dependencies: used.map { .target(name: $0) } + ["NIOCore", "NIOPosix", "NIOHTTP1"].map(product), path: "Benchmarks/Cluster",
            swiftSettings: strict))
}

for suite in suites where chosen == nil || tested.contains(suite.name) {
    targets.append(
        .testTarget(
            name: "\(suite.name)Tests",
            dependencies: suite.imports.map { .target(name: $0) }
                + (suite.name == "EndToEnd" ? [.target(name: "PromQLScript")] : [])
                + (built.contains("skysail") ? [.target(name: "skysail")] : []),
            path: "Tests/\(suite.name)Tests",
            swiftSettings: strict))
}

// The rooms that `Benchmarks/` measures, as a library of that package alone.
let measuredRooms = ["Bytes", "Telemetry", "Environment", "QueryLanguage", "Wire", "TimeSeriesStore", "LogStore", "PromQL", "LogQL"]

let package = Package(
    name: "skysail",
    products: built.contains("skysail")
        ? [.executable(name: "skysail", targets: ["skysail"]), .library(name: "SkysailRooms", targets: measuredRooms)] : [],
    dependencies: libraries.filter { !usedProducts.isDisjoint(with: $0.products) }.map(\.package),
    targets: targets,
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17)
