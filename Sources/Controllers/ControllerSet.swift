package import ClusterAPI
package import Reconciliation

/// All controllers, ready to be run each by a shell of its own.
package enum ControllerSet {
    package struct Member: Sendable {
        /// Names the controller in events, field ownership and logs.
        package var name: String
        package var core: any ActorCore
    }

    package static func standard(
        _ table: SchemaTable = .standard, nodeLifecycle: NodeLifecycleReconciler.Configuration = .init()
    ) -> [Member] {
        var seen: Set<Resource> = []
        let namespaced = table.kinds.filter {
            $0.isNamespaced && $0.verbs.contains("deletecollection") && $0.verbs.contains("list") && seen.insert($0.resource).inserted
        }
        return [
            Member(name: "replication-controller", core: ReconcilerCore(ReplicationReconciler())),
            Member(name: "rolling-update-controller", core: ReconcilerCore(RollingUpdateReconciler())),
            Member(name: "endpoint-controller", core: ReconcilerCore(EndpointsReconciler())),
            Member(name: "node-controller", core: ReconcilerCore(NodeLifecycleReconciler(nodeLifecycle))),
            Member(name: "namespace-controller", core: ReconcilerCore(NamespaceReconciler(resources: namespaced.map(\.resource)))),
            Member(name: "generic-garbage-collector", core: ReconcilerCore(GarbageReconciler(table))),
            Member(name: "pod-garbage-collector", core: ReconcilerCore(PodGarbageReconciler())),
            Member(name: "resourcequota-controller", core: ReconcilerCore(QuotaReconciler())),
            Member(name: "persistentvolume-binder", core: ReconcilerCore(VolumeBindingReconciler())),
            Member(name: "pvc-protection-controller", core: ReconcilerCore(VolumeProtectionReconciler())),
            Member(name: "service-account-controller", core: ReconcilerCore(ServiceAccountReconciler())),
        ]
    }
}
