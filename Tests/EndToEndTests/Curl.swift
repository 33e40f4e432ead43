import Bytes
import Environment
import Posix

/// HTTP through curl: a client that is not ours.
enum Curl {
    struct Answer {
        var status: Int
        var body: [UInt8]
        /// Names in lower case.
        var headers: [String: String] = [:]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
    }

    /// - Parameter patience: seconds after which the client goes away.
    static func get(_ url: String, parameters: [(String, String)] = [], headers: [String] = [], patience: Double = 20) throws -> Answer {
        let fields = ["--max-time", "\(patience)"] + headers.flatMap { ["-H", $0] }
        return try run(fields + (parameters.isEmpty ? [url] : ["-G", url] + parameters.flatMap { ["--data-urlencode", "\($0.0)=\($0.1)"] }))
    }

    static func send(_ method: String, _ url: String, type: String, body: [UInt8]) throws -> Answer {
        try run(["-X", method, "-H", "Content-Type: \(type)", "--data-binary", "@-", url], input: body)
    }

    /// A form as Grafana sends queries.
    static func post(_ url: String, form: [(String, String)]) throws -> Answer {
        try run([url] + form.flatMap { ["--data-urlencode", "\($0.0)=\($0.1)"] })
    }

    static func post(_ url: String, headers: [(String, String)], body: [UInt8]) throws -> Answer {
        try run(headers.flatMap { ["-H", "\($0.0): \($0.1)"] } + ["--data-binary", "@-", url], input: body)
    }

    static func send(_ method: String, _ url: String, headers: [(String, String)] = []) throws -> Answer {
        try run(["-X", method, url] + headers.flatMap { ["-H", "\($0.0): \($0.1)"] })
    }

    static func get(_ url: String, parameters: [(String, String)], headers: [(String, String)]) throws -> Answer {
        try run(["-G", url] + headers.flatMap { ["-H", "\($0.0): \($0.1)"] } + parameters.flatMap { ["--data-urlencode", "\($0.0)=\($0.1)"] })
    }

    /// What a WebSocket sends within some seconds, frames and all.
    static func frames(_ url: String, parameters: [(String, String)], seconds: Int) throws -> String {
        let upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        let outcome = try PosixProgramRunner.runBlocking(
            "curl",
            ["-sSNG", "--http1.1", "--max-time", "\(seconds)", url] + upgrade.flatMap { ["-H", $0] }
                + parameters.flatMap { ["--data-urlencode", "\($0.0)=\($0.1)"] },
            environment: ["PATH": "/usr/bin:/bin"], input: [])
        return String(decoding: outcome.output, as: UTF8.self)
    }

    private static func run(_ arguments: [String], input: [UInt8] = []) throws -> Answer {
        let outcome = try PosixProgramRunner.runBlocking(
            "curl", ["-sS", "--max-time", "20", "-D", "/dev/stderr", "-w", "\n%{http_code}"] + arguments, environment: ["PATH": "/usr/bin:/bin"], input: input)
        guard outcome.code == 0, let newline = outcome.output.lastIndex(of: UInt8(ascii: "\n")) else {
            throw ServerFailed("curl: \(String(decoding: outcome.errors, as: UTF8.self))")
        }
        var headers: [String: String] = [:]
        for line in String(decoding: outcome.errors, as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return Answer(
            status: Int(String(decoding: outcome.output[(newline + 1)...], as: UTF8.self)) ?? 0, body: Array(outcome.output[..<newline]),
            headers: headers)
    }
}
