import Testing

@testable import ClusterAPI

@Suite("Selectors")
struct SelectorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var selector: String
        var labels: [String: String]
        var matches: Bool
        var testDescription: String { "\(selector) \(matches ? "matches" : "does not match") \(labels.sorted { $0.key < $1.key })" }
    }

    @Test(
        "label selectors in their string form",
        arguments: [
            Case(selector: "", labels: [:], matches: true), Case(selector: "a=b", labels: ["a": "b"], matches: true),
            Case(selector: "a==b,c!=d", labels: ["a": "b"], matches: true), Case(selector: "a in (x, y)", labels: ["a": "y"], matches: true),
            Case(selector: "a notin (x)", labels: [:], matches: true), Case(selector: "!a", labels: ["a": ""], matches: false),
            Case(selector: "a", labels: ["a": ""], matches: true), Case(selector: "w>3", labels: ["w": "4"], matches: true),
            Case(selector: "w<3", labels: ["w": "x"], matches: false), Case(selector: "a=", labels: ["a": ""], matches: true),
            Case(selector: "k8s.io/a in (b),!c", labels: ["k8s.io/a": "b", "c": "d"], matches: false),
        ])
    func labels(_ test: Case) throws {
        #expect(try LabelRequirements(parsing: test.selector).matches(test.labels) == test.matches)
    }

    @Test("selectors that cannot be read are refused", arguments: ["a=b=c", "a in b", "a in (b", ",a", "a,", "a b", "-a=b", "a>x", "!"])
    func refused(_ text: String) {
        #expect(throws: SelectorError.self) { try LabelRequirements(parsing: text) }
    }

    @Test("field selectors compare texts and know escapes")
    func fields() throws {
        let selector = try FieldSelector(parsing: #"spec.nodeName=n1,status.phase!=Failed,metadata.name==a\,b"#)
        let values = ["spec.nodeName": "n1", "status.phase": "Running", "metadata.name": "a,b"]
        #expect(selector.matches { values[$0] ?? "" })
        #expect(selector.value(requiredFor: "spec.nodeName") == "n1")
        #expect(try FieldSelector(parsing: selector.description) == selector)
        #expect(throws: SelectorError.self) { try FieldSelector(parsing: "spec.nodeName") }
    }
}

@Suite("Layout of a node")
struct NodeLayoutTests {
    private let pod = PodIdentity(namespace: "default", name: "web-1", uid: "u-1")

    @Test("paths lead back to what they are of")
    func paths() {
        let layout = NodeLayout(agentDirectory: "/d/agent", cgroups: CgroupHierarchy(controllers: ["cpu": "/cg/cpu", "memory": "/cg/memory"]))
        let container = ContainerIdentity(pod: pod, name: "c", restart: 2)
        #expect(layout.logPath(container) == "/d/agent/pods/default_web-1_u-1/c/2.log")
        #expect(layout.container(logPath: layout.logPath(container)) == container)
        #expect(layout.container(logPath: "/d/agent/pods/x/c/2.log") == nil)
        let path = layout.cgroupPath(podUID: "u-1", container: "c", controller: "cpu")
        #expect(path == "/cg/cpu/skysail/podu-1/c")
        let found = layout.container(cgroupPath: path ?? "")
        #expect(found?.podUID == "u-1")
        #expect(found?.container == "c")
        #expect(layout.container(cgroupPath: "/cg/cpu/other/podu-1/c") == nil)
        #expect(layout.cgroupPaths(podUID: "u-1", container: "c").count == 2)
    }

    @Test("the hierarchy is read from the mounts")
    func mounts() {
        let hybrid = CgroupHierarchy(
            mounts: """
                30 24 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
                31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:1 - cgroup cgroup rw,cpu,cpuacct
                32 24 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                """)
        #expect(hybrid.version == .hybrid)
        #expect(hybrid.mount(of: "cpuacct") == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(hybrid.mount(of: "pids") == nil)
        let unified = CgroupHierarchy(mounts: "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0", unifiedControllers: "cpu io memory pids")
        #expect(unified.version == .v2)
        #expect(unified.mount(of: "blkio") == "/sys/fs/cgroup")
    }
}
