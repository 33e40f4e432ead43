import Bytes
import Testing

@testable import ClusterAPI

@Suite("Typed structures")
struct TypedTests {
    @Test("a pod reads from JSON and writes itself back")
    func pod() throws {
        let text = """
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","namespace":"default","uid":"u1","creationTimestamp":"2026-01-02T03:04:05Z",\
            "labels":{"app":"web"}},"spec":{"volumes":[{"name":"tmp","emptyDir":{}}],"containers":[{"name":"web","image":"nginx",\
            "ports":[{"containerPort":80}],"resources":{"limits":{"cpu":"1024m"}},"livenessProbe":{"httpGet":{"port":"http"},"periodSeconds":5}}],\
            "nodeName":"n1"},"status":{"phase":"Running"}}
            """
        let pod = try Pod(json: Array(text.utf8))
        #expect(pod.metadata.name == "web")
        #expect(pod.spec.containers[0].resources?.limits["cpu"] == Quantity(milli: 1024))
        #expect(pod.spec.containers[0].livenessProbe?.httpGet?.port == .string("http"))
        #expect(pod.spec.volumes[0].emptyDir != nil)
        #expect(String(decoding: pod.jsonBytes, as: UTF8.self) == text)
    }
}
