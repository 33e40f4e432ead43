/// The parts of a container image's name: `registry.example:5000/team/web:1.2@sha256:…`.
package struct ImageReference: Hashable, Sendable {
    /// Everything before tag and digest.
    package var repository: String
    package var tag: String?
    package var digest: String?

    package init(_ text: String) {
        var name = text[...]
        if let at = name.firstIndex(of: "@") {
            digest = String(name[name.index(after: at)...])
            name = name[..<at]
        }
        // A colon before the last slash belongs to the registry's port.
        let start = name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex
        if let colon = name[start...].lastIndex(of: ":") {
            tag = String(name[name.index(after: colon)...])
            name = name[..<colon]
        }
        repository = String(name)
    }

    /// What decides the default pull policy: the digest, the tag, or "latest" when there is neither.
    package var tagOrDigest: String { digest ?? tag ?? "latest" }
}
