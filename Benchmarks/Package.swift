// swift-tools-version: 6.1
// Benchmarks are a package of their own, so that nobody who builds Skysail fetches a benchmark framework.
import Foundation
import PackageDescription

// Rooms share their declarations by `package` access. The compiler knows a package by the name of its folder, so that the
// benchmarks say they belong to the folder above (docs/design/0013-measured-race.md).
let root = URL(fileURLWithPath: Context.packageDirectory).deletingLastPathComponent().lastPathComponent.lowercased()
let rootModule = String(root.map { $0.isLetter || $0.isNumber ? $0 : "_" })

/// One target for each engine.
func kernels(_ name: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: [
            .product(name: "Benchmark", package: "benchmark"),
            .product(name: "SkysailRooms", package: root),
        ],
        path: "Benchmarks/\(name)",
        // Else this package's own name would come after ours and win.
        packageAccess: false,
        swiftSettings: [.unsafeFlags(["-package-name", rootModule])],
        plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}

let package = Package(
    name: "skysail-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(path: ".."),
        // No allocator of its own: its trait would link jemalloc.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        kernels("MetricsKernels"),
        kernels("LogKernels"),
    ])
