import Testing

@Suite("The project keeps its own rules")
struct TidyTests {
    let table: RoomTable

    init() throws { table = RoomTable(manifest: try ProjectFiles.text("Package.swift")) }

    @Test("the manifest declares every room of the architecture")
    func everyRoom() {
        #expect(table.rooms.count >= 30)
        #expect(table["Bytes"]?.layer == 0)
        #expect(table["skysail"]?.layer == 6)
    }

    @Test("a room is declared to import rooms of lower layers only")
    func layers() {
        for room in table.rooms where room.layer < 7 {
            for name in room.imports {
                guard let other = table[name] else {
                    #expect(table.shims.contains(name), "\(room.name) imports \(name), which is neither a room nor a shim")
                    continue
                }
                #expect(other.layer < room.layer, "\(room.name) (layer \(room.layer)) imports \(name) (layer \(other.layer))")
            }
        }
    }

    @Test("rooms never see what the architecture hides from them")
    func hidden() {
        let hidden: [(room: String, never: [String])] = [
            ("APIServer", ["TimeSeriesStore", "LogStore"]),
            ("Scheduler", ["TimeSeriesStore", "LogStore", "ObjectStore", "PromQL", "LogQL"]),
            ("Controllers", ["TimeSeriesStore", "LogStore", "ObjectStore", "PromQL", "LogQL"]),
            ("Autoscaler", ["TimeSeriesStore", "LogStore", "ObjectStore", "PromQL", "LogQL"]),
            ("Rules", ["TimeSeriesStore", "LogStore", "ObjectStore", "PromQL", "LogQL"]),
            ("NodeAgent", ["TimeSeriesStore", "LogStore", "ObjectStore", "PromQL", "LogQL"]),
            ("Collection", ["TimeSeriesStore", "LogStore", "ObjectStore", "PromQL", "LogQL"]),
            ("ServiceNetwork", ["TimeSeriesStore", "LogStore", "ObjectStore", "PromQL", "LogQL"]),
            ("HTTPAPI", ["NodeAgent"]),
            ("Simulation", ["HTTPAPI"]),
        ]
        for (room, never) in hidden {
            for name in never { #expect(table[room]?.imports.contains(name) == false, "\(room) must never see \(name)") }
        }
    }

    @Test("sources import only what their room declares")
    func imports() throws {
        let toolchain: Set = ["Glibc", "Synchronization", "FoundationEssentials", "Swift", "_Concurrency", "Builtin"]
        // Modules that come with a declared product of the same package.
        let carried: Set = ["NIOFoundationEssentialsCompat", "NIOConcurrencyHelpers", "_NIOFileSystem"]
        for room in table.rooms where room.layer < 7 {
            let declared = Set(room.imports + room.products).union(toolchain).union(carried)
            for path in ProjectFiles.files(under: "Sources/\(room.name)", suffix: ".swift") {
                for line in try ProjectFiles.text(path).split(separator: "\n") {
                    let words = line.split(separator: " ")
                    guard let index = words.firstIndex(of: "import"), index <= 2, index + 1 < words.count,
                        words[..<index].allSatisfy({ ["package", "public", "internal", "private", "fileprivate", "@preconcurrency"].contains($0) })
                    else { continue }
                    let module = words[index + 1].split(separator: ".")[0]
                    #expect(declared.contains(String(module)), "\(path) imports \(module), which \(room.name) does not declare")
                }
            }
        }
    }

    @Test("every room has a README, and sources of its own")
    func readmes() {
        for room in table.rooms where room.layer < 7 {
            #expect(ProjectFiles.exists("Sources/\(room.name)/README.md"), "\(room.name) has no README")
            #expect(!ProjectFiles.files(under: "Sources/\(room.name)", suffix: ".swift").isEmpty, "\(room.name) has no source")
        }
    }

    @Test("unsafe code stands in Bytes and in files named +System only")
    func unsafeCode() throws {
        for room in table.rooms where room.layer < 7 && room.name != "Bytes" {
            for path in ProjectFiles.files(under: "Sources/\(room.name)", suffix: ".swift") where !path.hasSuffix("+System.swift") {
                for (number, line) in try ProjectFiles.text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                    let code = line.drop { $0 == " " }
                    if code.hasPrefix("//") { continue }
                    #expect(!code.contains("unsafe ") || code.contains("\""), "\(path):\(number + 1) has unsafe code")
                    #expect(!code.hasPrefix("import Glibc"), "\(path):\(number + 1) imports Glibc")
                }
            }
        }
    }

    @Test("full Foundation is imported nowhere of ours")
    func foundation() throws {
        for path in ProjectFiles.files(under: "Sources", suffix: ".swift") {
            for line in try ProjectFiles.text(path).split(separator: "\n") {
                #expect(!line.hasSuffix("import Foundation"), "\(path) imports Foundation")
            }
        }
    }

    @Test("no source leaves work for later")
    func unfinished() throws {
        let words = ["TODO", "FIXME", "XXX", "HACK", "not implemented", "unimplemented"]
        for path in ProjectFiles.files(under: "Sources", suffix: ".swift") {
            let text = try ProjectFiles.text(path)
            for word in words { #expect(text.firstRange(of: word) == nil, "\(path) says \(word)") }
        }
    }

    @Test("no file names a folder of the machine it was written on")
    func paths() throws {
        for folder in ["Sources", "Tests", "docs", "examples", "Benchmarks", "dashboards"] {
            for suffix in [".swift", ".md", ".yaml", ".json", ".sh", ".py"] {
                for path in ProjectFiles.files(under: folder, suffix: suffix) where !path.hasPrefix("Tests/TidyTests") && !path.contains("/.build") {
                    let text = try ProjectFiles.text(path)
                    #expect(text.firstRange(of: "/wor" + "k/") == nil, "\(path) names a folder of a workplace")
                }
            }
        }
    }
}
