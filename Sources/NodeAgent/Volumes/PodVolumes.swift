import Bytes
import ClusterAPI

/// Plans a pod's volumes, and the mounts of its containers into them.
struct PodVolumes {
    var pod: Pod
    /// The folder for the volumes that go with the pod.
    var folder: String
    var address: String
    var hostAddress: String
    var allocatable: [String: Quantity]

    struct Failure: Error, Equatable {
        var message: String
    }

    private var namespace: String { pod.metadata.namespace ?? "" }

    /// The objects that must be fetched first. Those behind a claim are known only when the claim is.
    func references(_ cache: ReferenceCache) -> [ObjectKey] {
        var keys: [ObjectKey] = []
        for volume in pod.spec.volumes {
            if let name = volume.configMap?.name { keys.append(ObjectKey(ConfigMap.self, namespace: namespace, name: name)) }
            if let name = volume.secret?.secretName { keys.append(ObjectKey(Secret.self, namespace: namespace, name: name)) }
            for source in volume.projected?.sources ?? [] {
                if let name = source.configMap?.name { keys.append(ObjectKey(ConfigMap.self, namespace: namespace, name: name)) }
                if let name = source.secret?.name { keys.append(ObjectKey(Secret.self, namespace: namespace, name: name)) }
            }
            if let name = volume.persistentVolumeClaim?.claimName {
                let key = ObjectKey(PersistentVolumeClaim.self, namespace: namespace, name: name)
                keys.append(key)
                if case .claim(let claim) = cache[key], let volumeName = claim.spec.volumeName, !volumeName.isEmpty {
                    keys.append(ObjectKey(PersistentVolume.self, name: volumeName))
                }
            }
        }
        return keys
    }

    func plans(_ cache: ReferenceCache) throws(Failure) -> [VolumePlan] {
        var plans: [VolumePlan] = []
        for volume in pod.spec.volumes { plans.append(try plan(volume, cache)) }
        return plans
    }

    private func plan(_ volume: Volume, _ cache: ReferenceCache) throws(Failure) -> VolumePlan {
        let own = folder + "/" + volume.name
        func files(_ files: [VolumePlan.File]) -> VolumePlan { VolumePlan(name: volume.name, path: own, content: .files(files)) }
        if volume.emptyDir != nil { return VolumePlan(name: volume.name, path: own, content: .empty) }
        if let host = volume.hostPath { return VolumePlan(name: volume.name, path: host.path, content: .host(type: host.type ?? "")) }
        if let source = volume.configMap {
            let key = ObjectKey(ConfigMap.self, namespace: namespace, name: source.name ?? "")
            return files(try self.files(key, source.items, source.defaultMode, isOptional: source.optional ?? false, cache))
        }
        if let source = volume.secret {
            let key = ObjectKey(Secret.self, namespace: namespace, name: source.secretName ?? "")
            return files(try self.files(key, source.items, source.defaultMode, isOptional: source.optional ?? false, cache))
        }
        if let source = volume.downwardAPI { return files(try downward(source.items, source.defaultMode)) }
        if let source = volume.projected { return files(try projected(source, cache)) }
        if let source = volume.persistentVolumeClaim { return try claimed(volume, source, cache) }
        throw Failure(message: "cannot mount volume \"\(volume.name)\": this node has no plug-in for its type")
    }

    private func claimed(_ volume: Volume, _ source: PersistentVolumeClaimVolumeSource, _ cache: ReferenceCache) throws(Failure) -> VolumePlan {
        guard case .claim(let claim) = cache[ObjectKey(PersistentVolumeClaim.self, namespace: namespace, name: source.claimName)] else {
            throw Failure(message: "persistentvolumeclaim \"\(source.claimName)\" not found")
        }
        guard let name = claim.spec.volumeName, !name.isEmpty, case .volume(let persistent) = cache[ObjectKey(PersistentVolume.self, name: name)]
        else { throw Failure(message: "persistentvolumeclaim \"\(source.claimName)\" is not bound") }
        if let host = persistent.spec.hostPath {
            return VolumePlan(name: volume.name, path: host.path, content: .host(type: host.type ?? "DirectoryOrCreate"))
        }
        if let local = persistent.spec.local {
            return VolumePlan(name: volume.name, path: local.path, content: .host(type: "Directory"))
        }
        throw Failure(message: "cannot mount volume \"\(volume.name)\": this node has no plug-in for the type of persistent volume \(name)")
    }

    private static let defaultMode = 0o644

    private func files(
        _ key: ObjectKey, _ items: [KeyToPath], _ defaultMode: Int?, isOptional: Bool, _ cache: ReferenceCache
    ) throws(Failure) -> [VolumePlan.File] {
        guard let values = cache.values(key) else {
            if isOptional { return [] }
            throw Failure(message: "\(ContainerVariables.kind(key)) \"\(key.name)\" not found")
        }
        let mode = UInt32(clamping: defaultMode ?? Self.defaultMode)
        if items.isEmpty { return values.map { VolumePlan.File(path: $0.key, bytes: $0.value, mode: mode) } }
        var files: [VolumePlan.File] = []
        for item in items {
            guard let found = values.first(where: { $0.key == item.key }) else {
                if isOptional { continue }
                throw Failure(message: "\(ContainerVariables.kind(key)) references non-existent config key: \(item.key)")
            }
            files.append(VolumePlan.File(path: item.path, bytes: found.value, mode: item.mode.map { UInt32(clamping: $0) } ?? mode))
        }
        return files
    }

    private func downward(_ items: [DownwardAPIVolumeFile], _ defaultMode: Int?) throws(Failure) -> [VolumePlan.File] {
        var files: [VolumePlan.File] = []
        for item in items {
            var value: String?
            if let field = item.fieldRef {
                value = DownwardAPI.field(field.fieldPath, of: pod, address: address, hostAddress: hostAddress)
            } else if let selector = item.resourceFieldRef,
                let container = (pod.spec.containers + pod.spec.initContainers).first(where: { $0.name == selector.containerName })
            {
                value = DownwardAPI.resource(selector, of: container, allocatable: allocatable)
            }
            guard let value else { throw Failure(message: "cannot write \(item.path): the pod has no such field") }
            files.append(
                VolumePlan.File(
                    path: item.path, bytes: Array(value.utf8), mode: UInt32(clamping: item.mode ?? defaultMode ?? Self.defaultMode)))
        }
        return files
    }

    private func projected(_ source: ProjectedVolumeSource, _ cache: ReferenceCache) throws(Failure) -> [VolumePlan.File] {
        var all: [VolumePlan.File] = []
        for part in source.sources {
            if let map = part.configMap {
                let key = ObjectKey(ConfigMap.self, namespace: namespace, name: map.name ?? "")
                all += try files(key, map.items, source.defaultMode, isOptional: map.optional ?? false, cache)
            } else if let secret = part.secret {
                let key = ObjectKey(Secret.self, namespace: namespace, name: secret.name ?? "")
                all += try files(key, secret.items, source.defaultMode, isOptional: secret.optional ?? false, cache)
            } else if let downward = part.downwardAPI {
                all += try self.downward(downward.items, source.defaultMode)
            } else {
                throw Failure(message: "cannot project into a volume: this node knows configMap, secret and downwardAPI sources")
            }
        }
        return all
    }

    /// The mounts of a container, given where its volumes stand.
    static func mounts(
        _ container: Container, plans: [VolumePlan], variables: [ContainerSpec.Variable]
    ) throws(Failure) -> [ContainerSpec.Mount] {
        var mounts: [ContainerSpec.Mount] = []
        for mount in container.volumeMounts {
            guard let plan = plans.first(where: { $0.name == mount.name }) else {
                throw Failure(message: "cannot find volume \"\(mount.name)\" to mount into container \"\(container.name)\"")
            }
            var source = plan.path
            var subPath = mount.subPath ?? ""
            if let expression = mount.subPathExpr, !expression.isEmpty {
                subPath = VariableExpansion.expand(expression) { name in variables.first { $0.name == name }?.value }
            }
            if !subPath.isEmpty {
                guard !subPath.hasPrefix("/"), !subPath.split(separator: "/").contains("..") else {
                    throw Failure(message: "cannot mount sub-path \"\(subPath)\" of volume \"\(mount.name)\": it leaves the volume")
                }
                source += "/" + subPath
            }
            mounts.append(ContainerSpec.Mount(source: source, target: mount.mountPath, isReadOnly: mount.readOnly ?? false))
        }
        return mounts
    }
}
