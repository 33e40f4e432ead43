import Bytes

/// Finds the conformance data that lies beside the project.
enum Conformance {
    /// The project's root, from this file's place in it.
    static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    static let folder = root + "/../shared/conformance/promql"
}
