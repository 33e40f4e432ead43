import Bytes
import Testing

@testable import ClusterAPI

@Suite("Reading request bodies by the schema")
struct DecodingTests {
    static let pods = SchemaTable.standard.kind(GroupVersionKind(group: "", version: "v1", kind: "Pod"))!

    @Test("every structure that the table names is in it")
    func table() {
        #expect(SchemaTable.standard.structures.count > 250)
        #expect(SchemaTable.standard.kinds.count >= 28)
        #expect(SchemaTable.standard.structure("PodSpec").members.count == 40)
        #expect(SchemaTable.standard.structure("Volume").member("emptyDir") != nil)
    }

    @Test("unknown and repeated fields are refused by strict validation in Kubernetes' words")
    func strict() throws {
        let body = #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","name":"b"},"spec":{"foo":1,"containers":[{"name":"c","imag":"x"}]}}"#
        #expect(
            throws: StatusError.badRequest(
                #"Pod in version "v1" cannot be handled as a Pod: strict decoding error: duplicate field "metadata.name", "#
                    + #"unknown field "spec.foo", unknown field "spec.containers[0].imag""#)
        ) {
            try ObjectDecoder.decode(Array(body.utf8), as: Self.pods, validation: .strict)
        }
        let decoded = try ObjectDecoder.decode(Array(body.utf8), as: Self.pods)
        #expect(decoded.strictErrors.count == 3)
        #expect(decoded.object["metadata"]?["name"] == "b")
        #expect(decoded.object["spec"]?["foo"] == nil)
    }

    struct Mismatch: CustomTestStringConvertible, Sendable {
        var body: String
        var message: String
        var testDescription: String { message }
    }

    @Test(
        "a value of the wrong type is refused with its path",
        arguments: [
            Mismatch(
                body: #"{"spec":{"nodeName":5}}"#, message: "json: cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string"),
            Mismatch(
                body: #"{"spec":{"containers":{}}}"#,
                message: "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container"),
            Mismatch(
                body: #"{"metadata":{"labels":{"a":1}}}"#,
                message: "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels.a of type string"),
            Mismatch(
                body: #"{"spec":{"containers":[{"resources":{"limits":{"cpu":"x"}}}]}}"#, message: Quantity.formatMessage),
            Mismatch(
                body: #"{"spec":{"containers":[{"ports":[{"containerPort":99999999999}]}]}}"#,
                message:
                    "json: cannot unmarshal number 99999999999 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32"),
        ])
    func mismatch(_ test: Mismatch) {
        #expect(throws: StatusError.badRequest(#"Pod in version "v1" cannot be handled as a Pod: "# + test.message)) {
            try ObjectDecoder.decode(Array(test.body.utf8), as: Self.pods)
        }
    }

    @Test("a pod gets Kubernetes' defaults, and a second time changes nothing")
    func defaults() throws {
        let body = #"""
            {"metadata":{"name":"frontend"},"spec":{"volumes":[{"name":"tmp"}],"containers":[{"name":"db","image":"mysql","ports":[{"containerPort":1}],
            "resources":{"limits":{"cpu":"1024m","memory":0.5}},"livenessProbe":{"httpGet":{"port":80}}},{"name":"wp","image":"reg:5000/wordpress:6"}]}}
            """#
        var pod = try ObjectDecoder.decode(Array(body.utf8), as: Self.pods, validation: .strict).object
        Defaulter().setDefaults(&pod, kind: Self.pods)
        let typed = try Pod(json: pod.bytes)
        #expect(typed.spec.restartPolicy == "Always")
        #expect(typed.spec.dnsPolicy == "ClusterFirst")
        #expect(typed.spec.terminationGracePeriodSeconds == 30)
        #expect(typed.spec.securityContext == PodSecurityContext())
        #expect(typed.spec.enableServiceLinks == true)
        #expect(typed.spec.volumes[0].emptyDir != nil)
        let db = typed.spec.containers[0]
        #expect(db.imagePullPolicy == "Always")
        #expect(typed.spec.containers[1].imagePullPolicy == "IfNotPresent")
        #expect(db.ports[0].protocol == "TCP")
        #expect(db.resources?.requests["cpu"] == Quantity(milli: 1024))
        #expect(db.resources?.limits["memory"]?.description == "500m")
        #expect(db.livenessProbe?.periodSeconds == 10)
        #expect(db.livenessProbe?.httpGet?.path == "/")
        var again = pod
        Defaulter().setDefaults(&again, kind: Self.pods)
        #expect(again == pod)
        pod["status"] = [:]
        #expect(pod == typed.jsonValue)
    }
}
