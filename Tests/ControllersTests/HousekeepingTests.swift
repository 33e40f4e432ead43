import Bytes
import ClusterAPI
import Reconciliation
import Testing

@testable import Controllers

@Suite("Namespaces, service accounts, volumes, quota")
struct HousekeepingTests {
    @Test("a namespace that is to go is emptied, watched until it is empty, and let go")
    func namespace() throws {
        var bench = Bench(NamespaceReconciler(resources: [Event.resource, Pod.resource]))
        let going = Namespace {
            ($0.metadata.name, $0.metadata.uid, $0.metadata.deletionTimestamp) = ("shop", "shop", .epoch)
            $0.spec.finalizers = ["kubernetes"]
        }
        #expect(bench.put(going) == ["deletecollection pods", "deletecollection events"])
        #expect(bench.succeed() == ["list pods", "list events"])
        let full = #"{"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"a","resourceVersion":"8","finalizers":["x.io/keep"]}}]}"#
        #expect(bench.answer { _ in .success(APIResponse(body: Array(full.utf8))) } == ["update namespaces/status shop"])
        let told = try Namespace(json: bench.outstanding[0].request.body).status.conditions
        #expect(told.map(\.reason) == ["SomeResourcesRemain", "SomeFinalizersRemain"])
        #expect(told.map(\.message) == [
            "Some resources are remaining: pods, events", "Some content in the namespace has finalizers remaining: x.io/keep",
        ])
        bench.succeed()
        #expect(bench.advance(.seconds(1)) == ["deletecollection pods", "deletecollection events"])
        bench.succeed()
        let empty = #"{"metadata":{"resourceVersion":"9"},"items":[]}"#
        #expect(bench.answer { _ in .success(APIResponse(body: Array(empty.utf8))) } == ["update namespaces/finalize shop"])
        #expect(try Namespace(json: bench.outstanding[0].request.body).spec.finalizers == [])
    }

    @Test("every namespace gets its default service account, again when it is deleted, and not while it is going")
    func serviceAccounts() {
        var bench = Bench(ServiceAccountReconciler())
        var namespace = Namespace { ($0.metadata.name, $0.metadata.uid) = ("shop", "shop") }
        #expect(bench.put(namespace) == ["create serviceaccounts"])
        bench.succeed()
        let account = ServiceAccount { ($0.metadata.name, $0.metadata.namespace) = ("default", "shop") }
        #expect(bench.put(account) == [])
        #expect(bench.remove(account) == ["create serviceaccounts"])
        bench.succeed()
        namespace.metadata.deletionTimestamp = .epoch
        bench.put(account, namespace)
        #expect(bench.remove(account) == [])
    }

    private func volume(_ name: String, _ size: String, modes: [String] = ["ReadWriteOnce"]) -> PersistentVolume {
        PersistentVolume {
            ($0.metadata.name, $0.metadata.uid) = (name, name)
            $0.spec.capacity = ["storage": Quantity(size)!]
            $0.spec.accessModes = modes
            $0.status.phase = "Available"
        }
    }

    @Test("a claim gets the smallest volume that fits: the volume is taken first, then the claim bound")
    func volumes() throws {
        var bench = Bench(VolumeBindingReconciler())
        bench.put(volume("large", "100Gi"), volume("small", "1Gi"), volume("fits", "10Gi"), volume("readers", "5Gi", modes: ["ReadOnlyMany"]))
        var claim = PersistentVolumeClaim {
            ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("data", "shop", "data")
            $0.spec.accessModes = ["ReadWriteOnce"]
            $0.spec.resources = VolumeResourceRequirements { $0.requests = ["storage": Quantity("5Gi")!] }
        }
        #expect(bench.put(claim) == ["update persistentvolumes fits"])
        let taken = try PersistentVolume(json: bench.outstanding[0].request.body)
        #expect(taken.spec.claimRef?.uid == "data")
        bench.succeed()
        #expect(bench.put(taken).sorted() == ["update persistentvolumeclaims data", "update persistentvolumes/status fits"])
        bench.succeed()
        claim.spec.volumeName = "fits"
        #expect(bench.put(claim).contains("update persistentvolumeclaims/status data"))
    }

    @Test("a claim of a class that waits for its first consumer gets no volume but the one that the scheduler gives it")
    func waitingClaim() throws {
        var bench = Bench(VolumeBindingReconciler())
        bench.put(
            StorageClass { ($0.metadata.name, $0.provisioner, $0.volumeBindingMode) = ("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer") })
        var free = volume("v", "10Gi")
        free.spec.storageClassName = "local"
        bench.put(free)
        let claim = PersistentVolumeClaim {
            ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("data", "shop", "data")
            $0.spec.storageClassName = "local"
        }
        #expect(bench.put(claim) == ["update persistentvolumeclaims/status data"])
        bench.succeed()
        free.spec.claimRef = ObjectReference { ($0.namespace, $0.name, $0.uid) = ("shop", "data", "data") }
        #expect(bench.put(free).contains("update persistentvolumeclaims data"))
    }

    @Test("a claim without a fitting volume is pending, and a volume whose claim is gone is released")
    func pending() throws {
        var bench = Bench(VolumeBindingReconciler())
        let claim = PersistentVolumeClaim { ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("data", "shop", "data") }
        #expect(bench.put(claim) == ["update persistentvolumeclaims/status data"])
        bench.succeed()
        var taken = volume("v", "1Gi")
        taken.spec.claimRef = ObjectReference { ($0.namespace, $0.name, $0.uid) = ("shop", "old", "old") }
        bench.put(taken)
        #expect(try PersistentVolume(json: bench.outstanding[0].request.body).status.phase == "Released")
    }

    private static func list(_ pods: [Pod]) -> APIResponse {
        var list = JSONWriter()
        list.beginObject()
        list.key("items")
        list.beginArray()
        for pod in pods { pod.encode(into: &list) }
        list.endArray()
        list.endObject()
        return APIResponse(body: list.bytes)
    }

    @Test("a deleted claim stays while a pod on a node uses it, and goes when the API too knows of no such pod")
    func claimProtection() throws {
        var bench = Bench(VolumeProtectionReconciler())
        var claim = PersistentVolumeClaim { ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("data", "shop", "data") }
        #expect(bench.put(claim) == ["update persistentvolumeclaims data"])
        claim = try PersistentVolumeClaim(json: bench.outstanding[0].request.body)
        #expect(claim.metadata.finalizers == ["kubernetes.io/pvc-protection"])
        bench.succeed()
        let user = pod("a", node: "n") { $0.spec.volumes = [Volume { $0.persistentVolumeClaim = PersistentVolumeClaimVolumeSource { $0.claimName = "data" } }] }
        bench.put(claim, user)
        claim.metadata.deletionTimestamp = .epoch
        #expect(bench.put(claim) == [])
        var ended = user
        ended.status.phase = "Succeeded"
        #expect(bench.put(ended) == ["list pods"])
        // Another pod got a node that is not seen here yet.
        #expect(bench.answer { _ in .success(Self.list([ended, user])) } == [])
        #expect(bench.put(ended) == [])
        #expect(bench.put(claim) == ["list pods"])
        #expect(bench.answer { _ in .success(Self.list([ended])) } == ["update persistentvolumeclaims data"])
        #expect(try PersistentVolumeClaim(json: bench.outstanding[0].request.body).metadata.finalizers == [])
    }

    @Test("a pod without a node keeps no claim")
    func unscheduledUser() {
        var bench = Bench(VolumeProtectionReconciler())
        bench.put(pod("a") { $0.spec.volumes = [Volume { $0.persistentVolumeClaim = PersistentVolumeClaimVolumeSource { $0.claimName = "data" } }] })
        let claim = PersistentVolumeClaim {
            ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("data", "shop", "data")
            ($0.metadata.finalizers, $0.metadata.deletionTimestamp) = (["kubernetes.io/pvc-protection"], .epoch)
        }
        #expect(bench.put(claim) == ["list pods"])
    }

    @Test("a deleted volume stays while a claim has it")
    func volumeProtection() throws {
        var bench = Bench(VolumeProtectionReconciler())
        var taken = volume("v", "1Gi")
        (taken.metadata.finalizers, taken.metadata.deletionTimestamp, taken.status.phase) = (["kubernetes.io/pv-protection"], .epoch, "Bound")
        #expect(bench.put(taken) == [])
        taken.status.phase = "Released"
        #expect(bench.put(taken) == ["update persistentvolumes v"])
        #expect(try PersistentVolume(json: bench.outstanding[0].request.body).metadata.finalizers == [])
    }

    @Test("a quota is recounted from lists newer than itself when a pod goes")
    func quota() throws {
        var bench = Bench(QuotaReconciler())
        let quota = ResourceQuota {
            ($0.metadata.name, $0.metadata.namespace, $0.metadata.uid) = ("q", "shop", "q")
            $0.spec.hard = ["pods": Quantity(3), "cpu": Quantity(2), "limits.memory": Quantity("1Gi")!]
        }
        #expect(bench.put(quota) == ["get resourcequotas q"])
        #expect(bench.answer { _ in .success(APIResponse(body: quota.jsonBytes)) } == ["list pods"])
        let pods = [
            pod("a") { $0.spec.containers[0].resources = ResourceRequirements { $0.requests = ["cpu": Quantity("250m")!] } },
            pod("b") { $0.status.phase = "Succeeded" },
        ]
        var list = JSONWriter()
        list.beginObject()
        list.key("items")
        list.beginArray()
        for pod in pods { pod.encode(into: &list) }
        list.endArray()
        list.endObject()
        #expect(bench.answer { _ in .success(APIResponse(body: list.bytes)) } == ["update resourcequotas/status q"])
        let status = try ResourceQuota(json: bench.outstanding[0].request.body).status
        #expect(status.hard == quota.spec.hard)
        #expect(status.used.mapValues(\.description) == ["pods": "1", "cpu": "250m", "limits.memory": "0"])
        bench.succeed()
        #expect(bench.remove(pod("a")) == [])
        #expect(bench.advance(.seconds(1)) == ["get resourcequotas q"])
    }
}
