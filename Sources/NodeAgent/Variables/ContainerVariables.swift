import Bytes
import ClusterAPI

/// Resolves a container's environment: services, `envFrom`, `env` with its references, and expansion.
///
/// - Source: the kubelet's `makeEnvironmentVariables`.
struct ContainerVariables {
    var pod: Pod
    var container: Container
    var address: String
    var hostAddress: String
    var allocatable: [String: Quantity]
    /// Variables that every container of the node gets first: PATH, HOSTNAME, POD_IP.
    var defaults: [ContainerSpec.Variable]
    var services: [Service]

    /// Why a container cannot be configured, in the words of its waiting state.
    struct Failure: Error, Equatable {
        var message: String
    }

    /// The objects that must be fetched first.
    static func references(_ container: Container, namespace: String) -> [ObjectKey] {
        var keys: [ObjectKey] = []
        for source in container.envFrom {
            if let name = source.configMapRef?.name { keys.append(ObjectKey(ConfigMap.self, namespace: namespace, name: name)) }
            if let name = source.secretRef?.name { keys.append(ObjectKey(Secret.self, namespace: namespace, name: name)) }
        }
        for variable in container.env {
            if let name = variable.valueFrom?.configMapKeyRef?.name { keys.append(ObjectKey(ConfigMap.self, namespace: namespace, name: name)) }
            if let name = variable.valueFrom?.secretKeyRef?.name { keys.append(ObjectKey(Secret.self, namespace: namespace, name: name)) }
        }
        return keys
    }

    func resolve(_ references: ReferenceCache) throws(Failure) -> [ContainerSpec.Variable] {
        var variables = OrderedVariables()
        for variable in defaults { variables.set(variable.name, variable.value) }
        for variable in ServiceVariables.variables(for: services) { variables.set(variable.name, variable.value) }
        let namespace = pod.metadata.namespace ?? ""
        for source in container.envFrom {
            let prefix = source.prefix ?? ""
            if let reference = source.configMapRef {
                let key = ObjectKey(ConfigMap.self, namespace: namespace, name: reference.name ?? "")
                try add(key, prefix, isOptional: reference.optional ?? false, references, &variables)
            } else if let reference = source.secretRef {
                let key = ObjectKey(Secret.self, namespace: namespace, name: reference.name ?? "")
                try add(key, prefix, isOptional: reference.optional ?? false, references, &variables)
            }
        }
        for variable in container.env {
            if let source = variable.valueFrom {
                if let value = try value(of: source, named: variable.name, references) { variables.set(variable.name, value) }
            } else {
                variables.set(variable.name, VariableExpansion.expand(variable.value ?? "") { variables[$0] })
            }
        }
        return variables.list
    }

    private func add(
        _ key: ObjectKey, _ prefix: String, isOptional: Bool, _ references: ReferenceCache, _ variables: inout OrderedVariables
    ) throws(Failure) {
        guard let values = references.values(key) else {
            if isOptional { return }
            throw Failure(message: "\(Self.kind(key)) \"\(key.name)\" not found")
        }
        // Keys that are no names of variables are left out, as the kubelet does.
        for (name, value) in values where !(prefix + name).isEmpty && !name.contains("=") {
            variables.set(prefix + name, String(decoding: value, as: UTF8.self))
        }
    }

    private func value(of source: EnvVarSource, named name: String, _ references: ReferenceCache) throws(Failure) -> String? {
        let namespace = pod.metadata.namespace ?? ""
        if let field = source.fieldRef {
            guard let value = DownwardAPI.field(field.fieldPath, of: pod, address: address, hostAddress: hostAddress) else {
                throw Failure(message: "cannot set \(name): the pod has no field \(field.fieldPath)")
            }
            return value
        }
        if let selector = source.resourceFieldRef {
            let owner = (pod.spec.containers + pod.spec.initContainers).first { $0.name == selector.containerName } ?? container
            guard let value = DownwardAPI.resource(selector, of: owner, allocatable: allocatable) else {
                throw Failure(message: "cannot set \(name): a container has no resource \(selector.resource)")
            }
            return value
        }
        if let selector = source.configMapKeyRef {
            let key = ObjectKey(ConfigMap.self, namespace: namespace, name: selector.name ?? "")
            return try value(key, selector.key, isOptional: selector.optional ?? false, references)
        }
        if let selector = source.secretKeyRef {
            let key = ObjectKey(Secret.self, namespace: namespace, name: selector.name ?? "")
            return try value(key, selector.key, isOptional: selector.optional ?? false, references)
        }
        return ""
    }

    private func value(_ key: ObjectKey, _ name: String, isOptional: Bool, _ references: ReferenceCache) throws(Failure) -> String? {
        guard let values = references.values(key) else {
            if isOptional { return nil }
            throw Failure(message: "\(Self.kind(key)) \"\(key.name)\" not found")
        }
        guard let found = values.first(where: { $0.key == name }) else {
            if isOptional { return nil }
            throw Failure(message: "couldn't find key \(name) in \(Self.kind(key)) \(key.namespace ?? "")/\(key.name)")
        }
        return String(decoding: found.value, as: UTF8.self)
    }

    static func kind(_ key: ObjectKey) -> String { key.resource == Secret.resource ? "secret" : "configmap" }
}

/// Variables in the order in which they were first set.
struct OrderedVariables {
    private(set) var list: [ContainerSpec.Variable] = []
    private var places: [String: Int] = [:]

    subscript(name: String) -> String? { places[name].map { list[$0].value } }

    mutating func set(_ name: String, _ value: String) {
        if let place = places[name] {
            list[place].value = value
        } else {
            places[name] = list.count
            list.append(ContainerSpec.Variable(name: name, value: value))
        }
    }
}
