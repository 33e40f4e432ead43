import FoundationEssentials

/// The project as files, for the tests that hold its rules.
enum ProjectFiles {
    /// The folder that holds `Package.swift`.
    static let root: String = {
        var path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        path.insert("/", at: path.startIndex)
        return path
    }()

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(root)/\(path)")), as: UTF8.self)
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

    /// Paths of all files below a folder, relative to the root, sorted.
    static func files(under folder: String, suffix: String) -> [String] {
        guard let found = FileManager.default.enumerator(folder: "\(root)/\(folder)") else { return [] }
        return found.filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
    }
}

extension FileManager {
    fileprivate func enumerator(folder: String) -> [String]? { try? subpathsOfDirectory(atPath: folder) }
}
