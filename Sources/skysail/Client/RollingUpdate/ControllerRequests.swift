import Bytes
import ClusterAPI
import Environment

/// What the rolling update asks of the API: ReplicationControllers of one namespace, and who scales them.
struct ControllerRequests {
    let connection: ServerConnection
    let namespace: String

    private var path: String { "/api/v1/namespaces/\(namespace)/replicationcontrollers" }

    /// nil when there is none of that name.
    func get(_ name: String) async throws -> ReplicationController? {
        let answer = try await connection.send("GET", "\(path)/\(ServerConnection.escape(name))", accepts: 200...404)
        switch answer.status {
        case 404: return nil
        case 200...299: break
        default: throw Failure("cannot read replication controller \(name): the server answered \(answer.status)")
        }
        do { return try ReplicationController(json: answer.body) } catch { throw Failure("cannot read replication controller \(name): \(error)") }
    }

    func update(_ name: String) async throws -> RollingUpdate? {
        guard let controller = try await get(name) else { return nil }
        do throws(RollingUpdate.Malformed) { return try RollingUpdate(of: controller) } catch { throw Failure("\(name): \(error)") }
    }

    func create(_ manifest: JSONValue) async throws {
        _ = try await connection.send("POST", path, query: [("fieldValidation", "Strict"), ("fieldManager", "rolling-update")], body: manifest.bytes)
    }

    /// The new controller of the update under way that a controller, the old or the new one, takes part in.
    func target(of name: String) async throws -> String {
        guard let controller = try await get(name) else {
            // An update that was held in its last moment: the old controller is gone already.
            if let target = try await successor(of: name) { return target }
            throw Failure("there is no replication controller \(name) in namespace \(namespace)")
        }
        if let update = try await update(name), update.isActive { return name }
        if let target = controller.metadata.annotations[RollingUpdate.targetAnnotation], let update = try await update(target), update.isActive,
            update.sourceUID == controller.metadata.uid
        {
            return target
        }
        throw Failure("no rolling update of \(name) is under way")
    }

    /// The controller whose update, still under way, is to replace one of this name.
    private func successor(of name: String) async throws -> String? {
        let answer = try await connection.send("GET", path)
        for item in (try JSONValue.parse(answer.body))["items"]?.arrayValue ?? [] {
            guard item.value(at: "metadata", "annotations", RollingUpdate.sourceAnnotation)?.stringValue == name,
                let target = item.value(at: "metadata", "name")?.stringValue, let update = try await update(target), update.isActive
            else { continue }
            return target
        }
        return nil
    }

    func setPhase(_ phase: RollingUpdate.Phase, of name: String) async throws {
        let patch: JSONValue = ["metadata": ["annotations": [RollingUpdate.phaseAnnotation: .string(phase.rawValue)]]]
        _ = try await connection.send(
            "PATCH", "\(path)/\(ServerConnection.escape(name))", query: [("fieldManager", "rolling-update")], body: patch.bytes,
            contentType: "application/merge-patch+json")
    }

    /// Whether an autoscaler decides how many pods a controller has.
    func isAutoscaled(_ name: String) async throws -> Bool {
        for path in ["/apis/autoscaling/v2/namespaces/\(namespace)/horizontalpodautoscalers", "/apis/skysail.dev/v1/namespaces/\(namespace)/autoscalingpolicies"] {
            let answer = try await connection.send("GET", path, accepts: 200...404)
            // A server without this kind has no such autoscaler.
            guard answer.status == 200, let list = try? JSONValue.parse(answer.body) else { continue }
            for item in list["items"]?.arrayValue ?? [] {
                let reference = item.value(at: "spec", "scaleTargetRef")
                if reference?["kind"]?.stringValue == "ReplicationController", reference?["name"]?.stringValue == name { return true }
            }
        }
        return false
    }
}
