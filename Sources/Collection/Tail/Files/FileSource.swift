import Bytes
import Telemetry

/// Files outside the cluster whose lines are shipped too.
package struct FileSource: Sendable {
    package var pattern: String
    package var format: LogFileFormat
    package var multiline: MultilineRule?
    /// Labels of its streams, beside those that its files' paths say.
    package var labels: [String: String]
    let glob: GlobPattern

    /// Reads `PATTERN[;format=auto|cri|docker|raw][;multiline=RULE][;label.NAME=VALUE]…`.
    package init(_ text: String) throws(FileSourceError) {
        var words = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        pattern = words.removeFirst()
        guard let glob = GlobPattern(pattern) else { throw FileSourceError(text: text, cause: "the pattern must be an absolute path") }
        self.glob = glob
        format = .auto
        labels = [:]
        for word in words {
            guard let equals = word.firstIndex(of: "=") else { throw FileSourceError(text: text, cause: "\"\(word)\" is not NAME=VALUE") }
            let (name, value) = (word[..<equals], String(word[word.index(after: equals)...]))
            switch name {
            case "format":
                guard let known = LogFileFormat(rawValue: value) else {
                    throw FileSourceError(text: text, cause: "format is one of \(LogFileFormat.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                format = known
            case "multiline":
                do throws(MultilineRuleError) { multiline = try MultilineRule(value) } catch {
                    throw FileSourceError(text: text, cause: error.description)
                }
            default:
                guard name.hasPrefix("label."), name.count > 6 else { throw FileSourceError(text: text, cause: "\"\(name)\" is not known") }
                labels[TailLabels.labelName(String(name.dropFirst(6)))] = value
            }
        }
    }
}

package struct FileSourceError: Error, Hashable, Sendable, CustomStringConvertible {
    package var text: String
    package var cause: String

    package var description: String { "cannot read the log files \"\(text)\": \(cause)" }
}

/// Labels of streams.
enum TailLabels {
    /// Label names of the log store are letters, digits and underscores.
    static func labelName(_ name: String) -> String {
        var made = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        if made.first?.isNumber ?? true { made = "_" + made }
        return made
    }

    /// Standard output and standard error under the same labels.
    static func streams(_ labels: LabelsBuilder) -> [Labels] {
        ["stdout", "stderr"].map { name in
            var labels = labels
            labels.set("stream", name)
            return labels.labels
        }
    }

    /// What a file's path says: kubelet's and docker's folders name pods and containers.
    ///
    /// - Source: the kubelet's `/var/log/pods/NAMESPACE_POD_UID/CONTAINER/N.log`, its links `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`,
    ///   and docker's `containers/ID/ID-json.log`.
    static func add(path: String, to labels: inout LabelsBuilder) {
        labels.set("filename", path)
        let parts = path.split(separator: "/")
        if parts.count >= 3 {
            let folder = parts[parts.count - 3].split(separator: "_", omittingEmptySubsequences: false)
            if folder.count == 3, parts[parts.count - 1].hasSuffix(".log"), folder.allSatisfy({ !$0.isEmpty }) {
                labels.set("namespace", String(folder[0]))
                labels.set("pod", String(folder[1]))
                labels.set("container", String(parts[parts.count - 2]))
                return
            }
        }
        guard let name = parts.last else { return }
        if parts.dropLast().last == "containers", name.hasSuffix(".log") {
            let words = name.dropLast(4).split(separator: "_")
            if words.count == 3, let dash = words[2].lastIndex(of: "-") {
                labels.set("pod", String(words[0]))
                labels.set("namespace", String(words[1]))
                labels.set("container", String(words[2][..<dash]))
            }
        } else if name.hasSuffix("-json.log"), parts.count >= 2, name.dropLast(9) == parts[parts.count - 2] {
            labels.set("container_id", String(parts[parts.count - 2].prefix(12)))
        }
    }
}
