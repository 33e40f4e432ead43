import ArgumentParser
import Bytes
import Documents
import Environment
import Posix

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Create or change objects from YAML or JSON files.",
        discussion: "skysail apply -f examples/tour/")

    @Option(name: [.customShort("f"), .long], help: "A file or a folder of .yaml, .yml and .json files; may be given several times.")
    var filename: [String]
    @OptionGroup var client: ClientOptions

    func run() async throws {
        guard !filename.isEmpty else { throw Failure("say what to apply: -f FILE or -f FOLDER", code: 2) }
        try await ServerConnection.with(client) { connection in
            try await Manifests.apply(filename, to: connection, namespace: client.namespace) { Terminal.print($0) }
        }
    }
}

/// Manifests in files: reading them and sending them with server-side apply.
enum Manifests {
    static func apply(
        _ paths: [String], to connection: ServerConnection, namespace: String, report: (String) -> Void
    ) async throws {
        let resources = try await Discovery(connection)
        for path in paths {
            for file in try files(path) {
                for object in try objects(in: file) {
                    report(try await apply(object, from: file, to: connection, namespace: namespace, resources: resources))
                }
            }
        }
    }

    private static func apply(
        _ object: JSONValue, from file: String, to connection: ServerConnection, namespace: String, resources: Discovery
    ) async throws -> String {
        guard let version = object["apiVersion"]?.stringValue, let kind = object["kind"]?.stringValue,
            let name = object["metadata"]?["name"]?.stringValue
        else { throw Failure("\(file): an object needs apiVersion, kind and metadata.name") }
        guard let resource = resources.resource(version: version, kind: kind) else {
            throw Failure("\(file): the server has no kind \(kind) in \(version)")
        }
        let place = object["metadata"]?["namespace"]?.stringValue ?? namespace
        let root = version.contains("/") ? "/apis/\(version)" : "/api/\(version)"
        let path = root + (resource.isNamespaced ? "/namespaces/\(place)" : "") + "/\(resource.plural)/\(name)"
        let answer = try await connection.send(
            "PATCH", path, query: [("fieldManager", "skysail"), ("force", "true"), ("fieldValidation", "Strict")], body: object.bytes,
            contentType: "application/apply-patch+yaml")
        return "\(resource.singular)/\(name) \(answer.status == 201 ? "created" : "applied")"
    }

    static func files(_ path: String) throws -> [String] {
        let system = PosixFileSystem()
        let path = path.hasPrefix("/") ? path : ProcessVariables.workingDirectory + "/" + path
        do {
            guard let attributes = try system.attributes(path) else { throw Failure("cannot read \(path): no such file or directory") }
            guard attributes.kind == .directory else { return [path] }
            return try system.list(path).filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }.map { "\(path)/\($0)" }
        } catch let error as FileError {
            throw Failure(error.description)
        }
    }

    static func objects(in file: String) throws -> [JSONValue] {
        let bytes: [UInt8]
        do {
            bytes = try PosixFileSystem().contents(file)
        } catch { throw Failure("\(error)") }
        do {
            return try DocumentParser().documents(String(decoding: bytes, as: UTF8.self)).map(\.json).filter { !$0.isNull }.flatMap { object in
                object["kind"]?.stringValue == "List" ? object["items"]?.arrayValue ?? [] : [object]
            }
        } catch {
            throw Failure("\(file): \(error)")
        }
    }
}

/// What the server can hold, by version and kind.
struct Discovery {
    struct Resource {
        var plural: String
        var singular: String
        var isNamespaced: Bool
    }

    private var byKind: [String: Resource] = [:]

    init(_ connection: ServerConnection) async throws {
        var versions = ["v1"]
        for group in try await connection.json("/apis")["groups"]?.arrayValue ?? [] {
            versions += (group["versions"]?.arrayValue ?? []).compactMap { $0["groupVersion"]?.stringValue }
        }
        for version in versions {
            let list = try await connection.json(version.contains("/") ? "/apis/\(version)" : "/api/\(version)")
            for resource in list["resources"]?.arrayValue ?? [] {
                guard let name = resource["name"]?.stringValue, !name.contains("/"), let kind = resource["kind"]?.stringValue else { continue }
                let singular = resource["singularName"]?.stringValue ?? ""
                byKind["\(version) \(kind)"] = Resource(
                    plural: name, singular: singular.isEmpty ? kind.lowercased() : singular, isNamespaced: resource["namespaced"]?.boolValue ?? true)
            }
        }
    }

    func resource(version: String, kind: String) -> Resource? { byKind["\(version) \(kind)"] }
}
