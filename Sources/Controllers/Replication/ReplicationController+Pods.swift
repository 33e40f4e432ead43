import Bytes
import ClusterAPI

extension ReplicationController {
    /// A new pod from the template.
    func makePod() -> Pod {
        let template = spec.template ?? PodTemplateSpec()
        return Pod {
            $0.metadata.namespace = metadata.namespace
            $0.metadata.generateName = metadata.name + "-"
            $0.metadata.labels = template.metadata.labels
            $0.metadata.annotations = template.metadata.annotations
            $0.metadata.finalizers = template.metadata.finalizers
            $0.metadata.ownerReferences = [ownerReference]
            $0.spec = template.spec
        }
    }

    var ownerReference: OwnerReference {
        OwnerReference {
            $0.apiVersion = Self.groupVersionKind.apiVersion
            $0.kind = Self.groupVersionKind.kind
            $0.name = metadata.name
            $0.uid = metadata.uid
            $0.controller = true
            $0.blockOwnerDeletion = true
        }
    }

    /// The patch that makes a pod this controller's own; the pod's uid in it refuses a pod of the same name that took its place.
    func adoption(of pod: Pod) -> JSONValue {
        ["metadata": ["uid": .string(pod.metadata.uid), "ownerReferences": [ownerReference.jsonValue]]]
    }

    func release(of pod: Pod) -> JSONValue {
        [
            "metadata": [
                "uid": .string(pod.metadata.uid),
                "ownerReferences": [["$patch": "delete", "uid": .string(metadata.uid)]],
            ]
        ]
    }

    /// What the pods say about the status; `failure` is the last refusal to make or remove one.
    func status(of pods: [Pod], failure: ReplicationFailure?, now: Timestamp) -> ReplicationControllerStatus {
        var new = ReplicationControllerStatus()
        let active = pods.filter(\.isActive)
        let template = spec.template?.metadata.labels ?? [:]
        new.replicas = active.count
        new.fullyLabeledReplicas = active.count { pod in template.allSatisfy { pod.metadata.labels[$0.key] == $0.value } }
        new.readyReplicas = active.count(where: \.isReady)
        new.availableReplicas = active.count { pod in
            pod.availableTime(minReadySeconds: spec.minReadySeconds ?? 0).map { $0 <= now } ?? false
        }
        new.observedGeneration = max(metadata.generation ?? 0, status.observedGeneration ?? 0)
        new.conditions = status.conditions.filter { $0.type != "ReplicaFailure" }
        if let failure {
            let old = status.conditions.first { $0.type == "ReplicaFailure" }
            new.conditions.append(
                ReplicationControllerCondition {
                    $0.type = "ReplicaFailure"
                    $0.status = "True"
                    $0.reason = failure.reason
                    $0.message = failure.message
                    $0.lastTransitionTime = old?.lastTransitionTime ?? now
                })
        }
        return new
    }
}

/// Why the number of pods could not be brought to what is wanted.
struct ReplicationFailure: Equatable, Sendable {
    var reason: String
    var message: String
}
