import Bytes
import ClusterAPI
import Testing

@testable import ServiceNetwork

/// Reads answers, for the tests only: plain, and trusting what we wrote.
struct DNSAnswer: CustomStringConvertible {
    var code: Int
    var isCut: Bool
    var answers: [String] = []
    var authority = 0
    var additional: [String] = []

    init(_ bytes: [UInt8]) {
        func word(_ offset: Int) -> Int { Int(bytes[offset]) << 8 | Int(bytes[offset + 1]) }
        code = word(2) & 15
        isCut = word(2) & 0x200 != 0
        guard bytes.count > 12 else { return }
        var offset = 12
        func name() -> String {
            var labels: [String] = []
            while bytes[offset] != 0 {
                let length = Int(bytes[offset])
                labels.append(String(decoding: bytes[offset + 1...offset + length], as: UTF8.self))
                offset += length + 1
            }
            offset += 1
            return labels.joined(separator: ".")
        }
        _ = name()
        offset += 4
        func record() -> String {
            let owner = name()
            let type = word(offset)
            let length = word(offset + 8)
            offset += 10
            let start = offset
            defer { offset = start + length }
            switch type {
            case 1: return "\(owner) A \(bytes[start..<start + 4].map(String.init).joined(separator: "."))"
            case 5: return "\(owner) CNAME \(name())"
            case 12: return "\(owner) PTR \(name())"
            case 33:
                offset += 6
                return "\(owner) SRV \(word(start + 4)) \(name())"
            default: return "\(owner) \(type)"
            }
        }
        for _ in 0..<word(6) { answers.append(record()) }
        authority = word(8)
        for _ in 0..<authority { _ = record() }
        for _ in 0..<word(10) { additional.append(record()) }
    }

    var description: String { "\(code) \(answers)" }

    static func question(_ name: String, _ type: UInt16, id: UInt16 = 7) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(id >> 8), UInt8(truncatingIfNeeded: id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        DNSRecord.append(name: name, to: &bytes)
        DNSRecord.append(type, to: &bytes)
        DNSRecord.append(1, to: &bytes)
        return bytes
    }
}

/// - Source: Kubernetes DNS-Based Service Discovery, version 1.1.0.
@Suite("Name server")
struct DNSTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var type: UInt16
        var answers: [String]
        var code = 0
        var testDescription: String { "\(name) \(type)" }
    }

    @Test(
        "names of services, endpoints and pods",
        arguments: [
            Case(name: "web.default.svc.cluster.local", type: 1, answers: ["web.default.svc.cluster.local A 127.96.0.10"]),
            Case(name: "WEB.Default.svc.cluster.LOCAL", type: 1, answers: ["web.default.svc.cluster.local A 127.96.0.10"]),
            Case(name: "web.default.svc.cluster.local", type: 28, answers: []),
            Case(
                name: "db.prod.svc.cluster.local", type: 1,
                answers: ["db.prod.svc.cluster.local A 127.16.1.1", "db.prod.svc.cluster.local A 127.16.1.2"]),
            Case(name: "db-0.db.prod.svc.cluster.local", type: 1, answers: ["db-0.db.prod.svc.cluster.local A 127.16.1.1"]),
            Case(name: "127-16-1-2.db.prod.svc.cluster.local", type: 1, answers: ["127-16-1-2.db.prod.svc.cluster.local A 127.16.1.2"]),
            Case(
                name: "_http._tcp.web.default.svc.cluster.local", type: 33,
                answers: ["_http._tcp.web.default.svc.cluster.local SRV 80 web.default.svc.cluster.local"]),
            Case(
                name: "_sql._tcp.db.prod.svc.cluster.local", type: 33,
                answers: [
                    "_sql._tcp.db.prod.svc.cluster.local SRV 5432 db-0.db.prod.svc.cluster.local",
                    "_sql._tcp.db.prod.svc.cluster.local SRV 5432 127-16-1-2.db.prod.svc.cluster.local",
                ]),
            Case(name: "out.default.svc.cluster.local", type: 1, answers: ["out.default.svc.cluster.local CNAME example.org"]),
            Case(name: "127-16-0-9.default.pod.cluster.local", type: 1, answers: ["127-16-0-9.default.pod.cluster.local A 127.16.0.9"]),
            Case(name: "10.0.96.127.in-addr.arpa", type: 12, answers: ["10.0.96.127.in-addr.arpa PTR web.default.svc.cluster.local"]),
            Case(name: "1.1.16.127.in-addr.arpa", type: 12, answers: ["1.1.16.127.in-addr.arpa PTR db-0.db.prod.svc.cluster.local"]),
            Case(name: "none.default.svc.cluster.local", type: 1, answers: [], code: 3),
            Case(name: "web.default.svc.cluster.local.default.svc.cluster.local", type: 1, answers: [], code: 3),
            Case(name: "example.com.default.svc.cluster.local", type: 1, answers: [], code: 3),
            Case(name: "default.svc.cluster.local", type: 1, answers: []),
        ])
    func names(_ wanted: Case) throws {
        let decision = DNSResponder.decide(DNSAnswer.question(wanted.name, wanted.type), try Objects.table().zone, isStream: false)
        guard case .answer(let bytes) = decision else { return #expect(Bool(false), "\(decision)") }
        let answer = DNSAnswer(bytes)
        #expect(answer.answers == wanted.answers)
        #expect(answer.code == wanted.code)
        #expect(Array(bytes[0...1]) == [0, 7])
        // "No" comes with how long it may be remembered.
        #expect(answer.authority == (wanted.answers.isEmpty ? 1 : 0))
    }

    @Test("other names are forwarded, and do not exist when there is nobody to ask")
    func forwards() throws {
        for name in ["example.org", "local", "1.0.0.10.in-addr.arpa"] {
            guard case .forward(let otherwise) = DNSResponder.decide(DNSAnswer.question(name, 1), try Objects.table().zone, isStream: false)
            else { return #expect(Bool(false), "\(name) is not the cluster's") }
            #expect(DNSAnswer(otherwise).code == 3)
        }
    }

    @Test("the host's name servers are read from its resolv.conf")
    func hostResolver() {
        let text = "# made by hand\nsearch lan\nnameserver 10.0.0.2\nnameserver\t::1\noptions edns0\nnameserver 1.1.1.1 \n"
        #expect(HostResolver.nameServers(text).map(\.description) == ["10.0.0.2:53", "1.1.1.1:53"])
    }

    @Test("an answer too long for UDP says so, and comes whole over TCP")
    func truncation() throws {
        var table = ServiceTable()
        _ = table.apply(Service.resource, try Objects.service(Objects.headless))
        let addresses = (1...100).map { #"{"ip":"127.16.2.\#($0)"}"# }.joined(separator: ",")
        _ = table.apply(
            Endpoints.resource,
            try Objects.endpoints(
                #"{"metadata":{"name":"db","namespace":"prod"},"subsets":[{"addresses":[\#(addresses)],"ports":[{"name":"sql","port":5432}]}]}"#))
        let question = DNSAnswer.question("db.prod.svc.cluster.local", 1)
        guard case .answer(let short) = DNSResponder.decide(question, table.zone, isStream: false),
            case .answer(let whole) = DNSResponder.decide(question, table.zone, isStream: true)
        else { return #expect(Bool(false), "both are answered") }
        #expect(DNSAnswer(short).isCut && short.count <= 512)
        #expect(!DNSAnswer(whole).isCut && DNSAnswer(whole).answers.count == 100)
    }

    @Test("no packet ends the name server", arguments: [1, 2, 3] as [UInt64])
    func hostile(seed: UInt64) throws {
        let zone = try Objects.table().zone
        var generator = Xoshiro256(seed: seed)
        let whole = DNSAnswer.question("_http._tcp.web.default.svc.cluster.local", 33)
        for _ in 0..<3000 {
            var bytes = Array(whole.prefix(Int.random(in: 0...whole.count, using: &generator)))
            for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            switch DNSResponder.decide(bytes, zone, isStream: false) {
            case .answer(let answer): #expect(answer.count >= 12 && Array(answer[0...1]) == Array(bytes[0...1]))
            case .forward(let otherwise): #expect(otherwise.count >= 12)
            case .ignore: break
            }
        }
    }
}
