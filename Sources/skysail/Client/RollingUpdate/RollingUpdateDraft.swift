import Bytes
import ClusterAPI

/// The new controller of a rolling update before it is created, checked against the old one.
struct RollingUpdateDraft {
    let name: String
    /// What the manifest says; nil when it says nothing.
    let replicas: Int?
    private let object: JSONValue

    init(source: ReplicationController, manifest: JSONValue) throws {
        object = manifest
        guard let name = manifest["metadata"]?["name"]?.stringValue, !name.isEmpty else { throw Failure("the new controller needs metadata.name") }
        self.name = name
        replicas = manifest.value(at: "spec", "replicas")?.intValue
        let old = source.metadata.name
        guard name != old else { throw Failure("the new controller must have another name than \(old)") }
        let pairs = manifest.value(at: "spec", "selector") ?? manifest.value(at: "spec", "template", "metadata", "labels")
        let selector = (pairs?.objectValue ?? JSONObject()).reduce(into: [String: String]()) { $0[$1.key] = $1.value.stringValue }
        guard selector != source.spec.selector else {
            throw Failure("the selector of \(name) must differ from that of \(old) in the value of a label, or their pods cannot be told apart")
        }
    }

    /// The manifest as it is created: without pods, and with the update in its annotations.
    func manifest(for update: RollingUpdate) -> JSONValue {
        var object = object
        object.set(0, at: ["spec", "replicas"])
        for (key, value) in update.annotations.sorted(by: { $0.key < $1.key }) { object.set(.string(value), at: ["metadata", "annotations", key]) }
        return object
    }

    /// The label that tells apart the pods of controllers which differ in an image only (kubectl's rolling-update used the same).
    private static let versionLabel = "deployment"

    /// A copy of a controller with another image; its pods carry a label of their own.
    static func changingImage(of source: ReplicationController, to image: String, container: String?, name: String?) throws -> JSONValue {
        var template = source.spec.template ?? PodTemplateSpec()
        let names = template.spec.containers.map(\.name)
        guard let place = container.map({ names.firstIndex(of: $0) }) ?? (names.count == 1 ? 0 : nil) else {
            throw Failure("say for which container the image is, with --container: \(names.joined(separator: ", "))", code: 2)
        }
        template.spec.containers[place].image = image
        let text = template.jsonBytes
        let version = String(Hash64.hash(text), radix: 36)
        template.metadata.labels[versionLabel] = version
        let copy = ReplicationController {
            $0.metadata.name = name ?? "\(source.metadata.name)-\(version.prefix(8))"
            $0.metadata.labels = source.metadata.labels
            $0.spec.selector = source.spec.selector
            $0.spec.selector[versionLabel] = version
            $0.spec.minReadySeconds = source.spec.minReadySeconds
            $0.spec.template = template
        }
        return copy.jsonValue
    }
}
