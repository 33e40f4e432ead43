import Bytes
import Documents

/// A configuration file, read against the table of settings: all its problems at once, each with its place.
struct SettingsFile {
    var settings = Settings()
    var problems: [SettingProblem] = []
    /// What the file sets, as canonical JSON by key.
    var values: [String: String] = [:]

    init(_ text: String) {
        let documents: [DocumentNode]
        do throws(DocumentError) { documents = try DocumentParser().documents(text) } catch {
            problems = [SettingProblem(message: error.message, line: error.line, column: error.column)]
            return
        }
        if documents.count > 1 { problems.append(documents[1].problem("expected one document, found another")) }
        if let root = documents.first { walk(root, path: "") }
    }

    private mutating func walk(_ node: DocumentNode, path: String) {
        guard case .mapping(let members) = node.value else {
            problems.append(node.problem(path.isEmpty ? "expected keys with values" : "expected keys below \(path)"))
            return
        }
        var seen: Set<String> = []
        for member in members {
            let name = path.isEmpty ? member.key : "\(path).\(member.key)"
            if !seen.insert(name).inserted {
                problems.append(SettingProblem(message: "\(name) stands here twice", line: member.line, column: member.column))
            } else if let setting = SettingTable.all.first(where: { $0.path == name }) {
                values[name] = String(decoding: member.value.json.bytes, as: UTF8.self)
                do throws(SettingProblem) { try setting.read(member.value, &settings) } catch {
                    problems.append(SettingProblem(message: "\(name): \(error.message)", line: error.line, column: error.column))
                }
            } else if SettingTable.all.contains(where: { $0.path.hasPrefix(name + ".") }) {
                walk(member.value, path: name)
            } else {
                problems.append(SettingProblem(message: SettingText.unknown(name, among: Self.names(beside: path)), line: member.line, column: member.column))
            }
        }
    }

    /// What may stand at a level: keys, and the names of groups of keys.
    private static func names(beside path: String) -> [String] {
        var names: [String] = []
        for setting in SettingTable.all where path.isEmpty || setting.path.hasPrefix(path + ".") {
            let depth = path.isEmpty ? 1 : path.split(separator: ".").count + 1
            let name = setting.path.split(separator: ".").prefix(depth).joined(separator: ".")
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// The reference of all keys, as a table in Markdown.
    static var reference: String {
        var lines = ["| key | takes | without it | meaning |", "|---|---|---|---|"]
        for setting in SettingTable.all {
            let reload = setting.isReloadable ? " A reload takes it over." : ""
            let standard = setting.standard.isEmpty ? "empty" : setting.standard.contains("`") ? setting.standard : "`\(setting.standard)`"
            lines.append("| `\(setting.path)` | \(setting.form) | \(standard) | \(setting.summary)\(reload) |")
        }
        return lines.joined(separator: "\n")
    }
}
