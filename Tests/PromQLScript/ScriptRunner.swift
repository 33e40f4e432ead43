import Telemetry

/// What a script runs against: the engine in this process, or a server over HTTP.
package protocol ScriptSubject {
    mutating func clear() throws
    mutating func load(_ load: ScriptLoad) throws
    mutating func evaluate(_ command: EvalCommand) throws -> ScriptOutcome

    /// Further checks of an instant evaluation that answered as expected. - Returns: what is wrong.
    mutating func check(_ answer: ScriptAnswer, of command: EvalCommand) throws -> String?
}

/// Runs a promqltest script: `load`, `clear`, `eval instant`, `eval range` with their expectations.
///
/// - Source: the format as Prometheus documents it in promqltest.
package struct ScriptRunner<Subject: ScriptSubject> {
    package struct Failure: CustomStringConvertible {
        package var line: Int
        package var text: String
        package var reason: String
        package var description: String { "line \(line): \(text)\n    \(reason)" }
    }

    private let lines: [String]
    private var subject: Subject
    package private(set) var evaluations = 0
    package private(set) var failures: [Failure] = []

    package init(_ script: String, on subject: Subject) {
        lines = script.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let trimmed = line.trimmed
            return trimmed.hasPrefix("#") ? "" : trimmed
        }
        self.subject = subject
    }

    package mutating func run() {
        var index = 0
        while index < lines.count {
            let line = lines[index]
            let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first.map { $0.lowercased() } ?? ""
            var end = index + 1
            while end < lines.count, !lines[end].isEmpty { end += 1 }
            do {
                if word == "clear" {
                    try subject.clear()
                    end = index + 1
                } else if word.hasPrefix("load") {
                    try subject.load(try ScriptLoad(line, Array(lines[index + 1..<end])))
                } else if word.hasPrefix("eval") {
                    end = try evaluate(index, end)
                } else if !word.isEmpty {
                    throw ScriptError(description: "unknown command \(word)")
                }
            } catch {
                failures.append(Failure(line: index + 1, text: line, reason: "\(error)"))
            }
            index = word.isEmpty ? index + 1 : end
        }
    }

    private mutating func evaluate(_ start: Int, _ blockEnd: Int) throws -> Int {
        evaluations += 1
        var expectation = Expectation()
        let command = try EvalCommand(lines[start])
        var index = start + 1
        switch command.flag {
        case "fail": expectation.fails = true
        case "warn": expectation.warnings.append(.any)
        case "info": expectation.infos.append(.any)
        case "ordered": expectation.isOrdered = true
        default: break
        }
        while index < blockEnd {
            let isLast = try expectation.read(lines[index])
            index += 1
            if isLast { break }
        }
        func fail(_ reason: String) { failures.append(Failure(line: start + 1, text: lines[start], reason: reason)) }
        let outcome = try subject.evaluate(command)
        if let reason = expectation.check(outcome, command) {
            fail(reason)
            return index
        }
        if command.isInstant, case .success(let answer) = outcome, expectation.string == nil, expectation.rangeVector == nil,
            let reason = try subject.check(answer, of: command)
        {
            fail(reason)
        }
        return index
    }
}
