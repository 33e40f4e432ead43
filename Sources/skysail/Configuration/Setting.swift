import Bytes
import Documents

/// One key of the configuration file: what it is called, what it takes, what it means, and how it is read.
struct Setting: Sendable {
    /// Names from the root, joined by dots.
    let path: String
    /// What a value looks like, as the reference shows it.
    let form: String
    let summary: String
    /// The value that holds when the key is absent, as one would write it.
    let standard: String
    /// Whether a reload takes it over; else it waits for the next start.
    let isReloadable: Bool
    let read: @Sendable (DocumentNode, inout Settings) throws(SettingProblem) -> Void

    init(
        _ path: String, form: String, standard: String, isReloadable: Bool = false, _ summary: String,
        read: @escaping @Sendable (DocumentNode, inout Settings) throws(SettingProblem) -> Void
    ) {
        self.path = path
        self.form = form
        self.standard = standard
        self.isReloadable = isReloadable
        self.summary = summary
        self.read = read
    }
}

// MARK: - Simple forms

extension Setting {
    typealias Place<Value> = any WritableKeyPath<Settings, Value> & Sendable

    static func duration(
        _ path: String, _ place: Place<Duration>, in range: ClosedRange<Duration> = .zero ... .seconds(100 * 31_536_000), isReloadable: Bool = false,
        _ summary: String
    ) -> Setting {
        Setting(path, form: "duration", standard: SettingText.duration(Settings()[keyPath: place]), isReloadable: isReloadable, summary) {
            node, settings throws(SettingProblem) in
            let value = try node.durationSetting()
            guard range.contains(value) else {
                throw node.problem("expected \(SettingText.duration(range.lowerBound)) to \(SettingText.duration(range.upperBound))")
            }
            settings[keyPath: place] = value
        }
    }

    static func count(_ path: String, _ place: Place<Int>, in range: ClosedRange<Int>, isReloadable: Bool = false, _ summary: String) -> Setting {
        Setting(path, form: "number", standard: "\(Settings()[keyPath: place])", isReloadable: isReloadable, summary) { node, settings throws(SettingProblem) in
            guard case .number(let number) = node.value, let value = number.int, range.contains(value) else {
                throw node.problem("expected a number from \(range.lowerBound) to \(range.upperBound)")
            }
            settings[keyPath: place] = value
        }
    }

    static func size<Value: FixedWidthInteger & Sendable>(
        _ path: String, _ place: Place<Value>, atLeast least: Value = 0, isReloadable: Bool = false, _ summary: String
    ) -> Setting {
        Setting(path, form: "size", standard: SettingText.size(Int64(Settings()[keyPath: place])), isReloadable: isReloadable, summary) {
            node, settings throws(SettingProblem) in
            guard let value = try Value(exactly: node.sizeSetting()), value >= least else {
                throw node.problem("expected a size of at least \(SettingText.size(Int64(least)))")
            }
            settings[keyPath: place] = value
        }
    }

    static func text(_ path: String, _ place: Place<String>, form: String = "text", isReloadable: Bool = false, _ summary: String) -> Setting {
        Setting(path, form: form, standard: Settings()[keyPath: place], isReloadable: isReloadable, summary) { node, settings throws(SettingProblem) in
            settings[keyPath: place] = try node.textSetting()
        }
    }

    static func choice(_ path: String, _ place: Place<String>, of choices: [String], isReloadable: Bool = false, _ summary: String) -> Setting {
        Setting(path, form: choices.joined(separator: ", "), standard: Settings()[keyPath: place], isReloadable: isReloadable, summary) {
            node, settings throws(SettingProblem) in
            let value = try node.textSetting()
            guard choices.contains(value) else { throw node.problem("expected one of \(choices.joined(separator: ", "))") }
            settings[keyPath: place] = value
        }
    }

    static func flag(_ path: String, _ place: Place<Bool>, isReloadable: Bool = false, _ summary: String) -> Setting {
        Setting(path, form: "true or false", standard: "\(Settings()[keyPath: place])", isReloadable: isReloadable, summary) { node, settings throws(SettingProblem) in
            guard case .bool(let value) = node.value else { throw node.problem("expected true or false") }
            settings[keyPath: place] = value
        }
    }
}

// MARK: - Values

extension DocumentNode {
    func problem(_ message: String) -> SettingProblem { SettingProblem(message: message, line: line, column: column) }

    /// Text; a number is taken as it is written.
    func textSetting() throws(SettingProblem) -> String {
        switch value {
        case .string(let text): return text
        case .number(let number): return number.description
        default: throw problem("expected text")
        }
    }

    /// `90s`, `1h30m`, `15d`; 0 without a unit.
    func durationSetting() throws(SettingProblem) -> Duration {
        guard let text = try? textSetting(), let value = DurationArgument(argument: text) else {
            throw problem("expected a duration, as in 90s, 1h30m or 15d")
        }
        return value.duration
    }

    /// Bytes, also with KB, MB, GB, KiB, MiB, GiB, TiB.
    func sizeSetting() throws(SettingProblem) -> Int64 {
        guard let text = try? textSetting(), let value = SettingText.bytes(text) else { throw problem("expected a size, as in 512MiB or 20GB") }
        return value
    }

    func listSetting() throws(SettingProblem) -> [DocumentNode] {
        guard case .sequence(let elements) = value else { throw problem("expected a list") }
        return elements
    }

    /// The members of a mapping that may only have the named ones.
    func fieldsSetting(_ known: [String]) throws(SettingProblem) -> [String: DocumentNode] {
        guard case .mapping(let members) = value else { throw problem("expected fields: \(known.joined(separator: ", "))") }
        var fields: [String: DocumentNode] = [:]
        for member in members {
            guard known.contains(member.key) else {
                throw SettingProblem(message: SettingText.unknown(member.key, among: known), line: member.line, column: member.column)
            }
            guard fields.updateValue(member.value, forKey: member.key) == nil else {
                throw SettingProblem(message: "\(member.key) stands here twice", line: member.line, column: member.column)
            }
        }
        return fields
    }
}
