import Bytes
import Documents
import Environment
import Posix

/// What a client needs of a kubeconfig: the server and the namespace of a context.
struct Kubeconfig {
    let server: String
    let namespace: String?

    /// - Parameter context: nil for the current one.
    init(file: String, context: String?) throws {
        let path = file.hasPrefix("/") ? file : ProcessVariables.workingDirectory + "/" + file
        let config: JSONValue
        do {
            config = try DocumentParser().document(String(decoding: try PosixFileSystem().contents(path), as: UTF8.self)).json
        } catch { throw Failure("cannot read kubeconfig \(file): \(error)") }
        func named(_ list: String, _ name: String) -> JSONValue? { config[list]?.arrayValue?.first { $0["name"]?.stringValue == name } }
        let name = context ?? config["current-context"]?.stringValue ?? ""
        guard let chosen = named("contexts", name)?["context"] else { throw Failure("kubeconfig \(file) has no context \"\(name)\"") }
        let cluster = chosen["cluster"]?.stringValue ?? ""
        guard let server = named("clusters", cluster)?.value(at: "cluster", "server")?.stringValue else {
            throw Failure("kubeconfig \(file) has no server for cluster \"\(cluster)\"")
        }
        self.server = server
        namespace = chosen["namespace"]?.stringValue
    }
}
