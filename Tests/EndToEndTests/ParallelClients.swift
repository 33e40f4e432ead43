import Bytes
import Environment
import Posix

/// Many requests at once from one curl: as many connections as wished, each answer told apart.
enum ParallelClients {
    struct Call {
        var method: String
        var path: String
        var body: String
    }

    /// An answer that came; a call that the server did not live to answer has none.
    struct Answer {
        var call: Int
        var status: Int
        var body: [UInt8]

        var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
    }

    static func send(_ calls: [Call], to address: String, connections: Int, folder: String) throws -> [Answer] {
        let answers = folder + "/answers"
        _ = try PosixProgramRunner.runBlocking("rm", ["-rf", answers], environment: ["PATH": "/usr/bin:/bin"])
        try PosixFileSystem().createDirectory(answers)
        var configuration = ""
        for (index, call) in calls.enumerated() {
            configuration += """
                url = "\(address)\(call.path)"
                request = \(call.method)
                header = "Content-Type: application/json"
                data-binary = "\(call.body.replacingQuotes)"
                output = "\(answers)/\(index)"
                write-out = "\(index) %{http_code}\\n"
                \(index == calls.count - 1 ? "" : "next")

                """
        }
        let outcome = try PosixProgramRunner.runBlocking(
            "curl", ["-sZ", "--parallel-immediate", "--parallel-max", "\(connections)", "--max-time", "60", "-K", "-"],
            environment: ["PATH": "/usr/bin:/bin"], input: Array(configuration.utf8), timeout: .seconds(90))
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, let call = Int(parts[0]), let status = Int(parts[1]), status > 0 else { return nil }
            return Answer(call: call, status: status, body: (try? PosixFileSystem().contents("\(answers)/\(call)")) ?? [])
        }
    }
}

extension String {
    fileprivate var replacingQuotes: String {
        var result = ""
        for character in self {
            if character == "\"" || character == "\\" { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
