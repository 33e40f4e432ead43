import ArgumentParser
import Bytes
import Environment
import Host

/// How a client command reaches the server, and in what form it prints.
struct ClientOptions: ParsableArguments {
    @Option(name: .long, help: "Address of the server.") var server = "http://127.0.0.1:9090"
    @Option(name: [.short, .customLong("output")], help: "table, json or yaml.") var output = OutputForm.table
    @Option(name: [.short, .long], help: "Namespace.") var namespace = "default"
}

enum OutputForm: String, ExpressibleByArgument, CaseIterable {
    case table, json, yaml
}

/// Requests to a running server, with its errors turned into one line.
struct ServerConnection {
    let address: String
    private let fetcher = HTTPFetcher()

    init(_ options: ClientOptions) { address = options.server.hasSuffix("/") ? String(options.server.dropLast()) : options.server }

    init(address: String) { self.address = address }

    /// Sends a request; an answer that is not 2xx becomes a `Failure` with the server's own words.
    func send(
        _ method: String, _ path: String, query: [(String, String)] = [], body: [UInt8] = [], contentType: String = "application/json",
        accepts statuses: ClosedRange<Int> = 200...299, timeout: Duration = .seconds(60)
    ) async throws -> FetchResponse {
        let text = query.map { "\(Self.escape($0.0))=\(Self.escape($0.1))" }.joined(separator: "&")
        let url = address + path + (text.isEmpty ? "" : "?" + text)
        let answer: FetchResponse
        do {
            answer = try await fetcher.fetch(
                FetchRequest(
                    method, url, headers: body.isEmpty ? [("accept", "application/json")] : [("accept", "application/json"), ("content-type", contentType)],
                    body: body, timeout: timeout))
        } catch let error as FetchError {
            throw Failure("\(error.cause) (is a server running at \(address)? `skysail up` starts one)")
        }
        guard statuses.contains(answer.status) else { throw Failure(Self.message(in: answer)) }
        return answer
    }

    func json(_ path: String, query: [(String, String)] = []) async throws -> JSONValue {
        let answer = try await send("GET", path, query: query)
        do throws(JSONError) {
            return try JSONValue.parse(answer.body)
        } catch {
            throw Failure("cannot read the answer of \(address)\(path): \(error)")
        }
    }

    func close() async { await fetcher.shutdown() }

    /// Runs a body with a connection and closes it whatever happens.
    static func with<Value>(_ options: ClientOptions, _ body: (ServerConnection) async throws -> Value) async throws -> Value {
        let connection = ServerConnection(options)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// What a server said of a failure: the message of a Status or of a Prometheus error, else the text.
    private static func message(in answer: FetchResponse) -> String {
        if let body = try? JSONValue.parse(answer.body) {
            if let message = body["error"]?.stringValue ?? body["message"]?.stringValue { return message }
        }
        let text = String(decoding: answer.body, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
        return text.isEmpty ? "the server answered \(answer.status)" : text
    }

    static func escape(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: escaped.append(Character(Unicode.Scalar(byte)))
            default: escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }
}
