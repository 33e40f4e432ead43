import Bytes

extension FieldRules {
    /// What an update of an object may not change.
    mutating func checkKindUpdate(_ object: JSONValue, old: JSONValue, _ kind: KindSchema) {
        switch kind.structure {
        case "Pod": checkPodUpdate(object, old)
        case "Secret":
            checkImmutableContents(object, old, ["data", "stringData"])
            checkUnchanged("type", object, old)
        case "ConfigMap": checkImmutableContents(object, old, ["data", "binaryData"])
        case "Service": checkServiceUpdate(object, old)
        case "PersistentVolumeClaim": checkClaimUpdate(object, old)
        case "PersistentVolume":
            if old["spec"]?["claimRef"] == nil || object["spec"]?["claimRef"] != nil { checkUnchanged("spec.volumeMode", object, old) }
        case "StorageClass":
            for field in ["parameters", "provisioner", "reclaimPolicy"] where object[field] != old[field] {
                add(.forbidden(field, "updates to \(field) are forbidden."))
            }
            checkUnchanged("volumeBindingMode", object, old)
        case "EndpointSlice": checkUnchanged("addressType", object, old)
        case "Node":
            if let before = old["spec"]?["providerID"], before != object["spec"]?["providerID"] {
                add(.forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid"))
            }
        default: break
        }
    }

    private mutating func checkUnchanged(_ path: String, _ object: JSONValue, _ old: JSONValue) {
        let keys = path.split(separator: ".").map(String.init)
        let after = object.value(at: keys)
        guard let before = old.value(at: keys), before != after else { return }
        add(.invalid(path, (after ?? .null).description, "field is immutable"))
    }

    private mutating func checkImmutableContents(_ object: JSONValue, _ old: JSONValue, _ fields: [String]) {
        guard old["immutable"]?.boolValue == true else { return }
        if object["immutable"]?.boolValue != true { add(.forbidden("immutable", "field is immutable when `immutable` is set")) }
        for field in fields where object[field] != old[field] { add(.forbidden(field, "field is immutable when `immutable` is set")) }
    }

    /// Images, deadlines that shrink, new tolerations, and gates that are lifted are all that a pod's spec lets change.
    private mutating func checkPodUpdate(_ object: JSONValue, _ old: JSONValue) {
        guard var after = object["spec"], let before = old["spec"] else { return }
        for list in ["containers", "initContainers"] {
            guard let old = before[list]?.arrayValue, var new = after[list]?.arrayValue else { continue }
            if old.count != new.count {
                add(.forbidden("spec.\(list)", "pod updates may not add or remove containers"))
                return
            }
            for index in new.indices {
                if let image = new[index]["image"]?.stringValue, image.isEmpty { add(.required("spec.\(list)[\(index)].image")) }
                new[index]["image"] = old[index]["image"]
            }
            after[list] = .array(new)
        }
        if let deadline = after["activeDeadlineSeconds"]?.intValue, deadline <= before["activeDeadlineSeconds"]?.intValue ?? .max {
            after["activeDeadlineSeconds"] = before["activeDeadlineSeconds"]
        }
        let oldTolerations = before["tolerations"]?.arrayValue ?? []
        let newTolerations = after["tolerations"]?.arrayValue ?? []
        if oldTolerations.allSatisfy({ old in newTolerations.contains { Self.isSame($0, old) } }) { after["tolerations"] = before["tolerations"] }
        let oldGates = before["schedulingGates"]?.arrayValue ?? []
        let newGates = after["schedulingGates"]?.arrayValue ?? []
        if newGates.contains(where: { !oldGates.contains($0) }) {
            add(.forbidden("spec.schedulingGates", "only deletion is allowed, but found new scheduling gates"))
        }
        after["schedulingGates"] = before["schedulingGates"]
        if !oldGates.isEmpty {
            // A gated pod may still be told where it may not go.
            after["nodeSelector"] = before["nodeSelector"]
            after["affinity"] = before["affinity"]
        }
        if before["terminationGracePeriodSeconds"]?.intValue ?? 0 < 0, after["terminationGracePeriodSeconds"]?.intValue == 1 {
            after["terminationGracePeriodSeconds"] = before["terminationGracePeriodSeconds"]
        }
        // The binding writes the node; an update may not.
        if after != before {
            add(
                .forbidden(
                    "spec",
                    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
                        + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
                        + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"))
        }
    }

    /// The same toleration, whatever its seconds.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        var (left, right) = (left, right)
        left["tolerationSeconds"] = nil
        right["tolerationSeconds"] = nil
        return left == right
    }

    private mutating func checkServiceUpdate(_ object: JSONValue, _ old: JSONValue) {
        let wasExternal = old["spec"]?["type"] == "ExternalName"
        let isExternal = object["spec"]?["type"] == "ExternalName"
        guard !wasExternal, !isExternal, let before = old["spec"]?["clusterIP"]?.stringValue, !before.isEmpty else { return }
        let after = object["spec"]?["clusterIP"]?.stringValue ?? ""
        if before != after { add(.invalid("spec.clusterIPs[0]", text: after, "may not change once set")) }
    }

    /// A bound claim may only grow.
    private mutating func checkClaimUpdate(_ object: JSONValue, _ old: JSONValue) {
        guard var after = object["spec"], var before = old["spec"] else { return }
        let oldSize = before.value(at: "resources", "requests", "storage")?.stringValue.flatMap { Quantity($0) } ?? .zero
        let newSize = after.value(at: "resources", "requests", "storage")?.stringValue.flatMap { Quantity($0) } ?? .zero
        if newSize < oldSize { add(.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")) }
        if before["volumeName"] == nil { after["volumeName"] = nil }
        for part in ["resources", "volumeAttributesClassName"] {
            after[part] = nil
            before[part] = nil
        }
        if after != before {
            add(.forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"))
        }
    }
}
