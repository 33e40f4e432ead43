import Bytes
import ClusterAPI
import Testing

@testable import Reconciliation

@Suite("Event recorder")
struct EventRecorderTests {
    let now = Timestamp(seconds: 1_700_000_000)

    @Test("the first of its kind is created, the next ones raise its count")
    func counts() throws {
        var recorder = EventRecorder(component: "tester")
        let createdRequest = recorder.record(event("no room"), now: now)
        let created = try #require(createdRequest)
        #expect(created.verb == .create && created.namespace == "shop")
        let object = try Event(json: created.body)
        #expect(object.count == 1 && object.source?.component == "tester" && object.firstTimestamp == now)
        let updatedRequest = recorder.record(event("no room"), now: now + .seconds(5))
        let updated = try #require(updatedRequest)
        #expect(updated.verb == .patch(.merge) && updated.name == object.metadata.name)
        #expect(try JSONValue.parse(updated.body)["count"]?.intValue == 2)
    }

    @Test("more than ten different messages of one subject are told as one")
    func combines() throws {
        var recorder = EventRecorder(component: "tester")
        for number in 0..<10 { #expect(recorder.record(event("message \(number)"), now: now)?.verb == .create) }
        let combinedRequest = recorder.record(event("message 10"), now: now)
        let combined = try #require(combinedRequest)
        #expect(try Event(json: combined.body).message == "(combined from similar events): message 10")
        let againRequest = recorder.record(event("message 11"), now: now)
        let again = try #require(againRequest)
        #expect(again.verb == .patch(.merge))
    }

    @Test("a flood about one object is cut off, and what is about another object is still told")
    func limits() {
        var recorder = EventRecorder(component: "tester")
        let told = (0..<40).filter { _ in recorder.record(event("again"), now: now) != nil }
        #expect(told.count == 25)
        #expect(recorder.record(event("again", name: "other"), now: now) != nil)
        #expect(recorder.record(event("again"), now: now + .seconds(301)) != nil)
    }

    @Test("when the Event object has expired, the next one of its kind is created anew")
    func recreates() throws {
        var recorder = EventRecorder(component: "tester")
        let createdRequest = recorder.record(event("x"), now: now)
        let created = try #require(createdRequest)
        recorder.missing(try Event(json: created.body).metadata.name)
        #expect(recorder.record(event("x"), now: now)?.verb == .create)
    }

    private func event(_ message: String, name: String = "web") -> Event {
        let object = ObjectReference {
            $0.kind = "Pod"
            $0.namespace = "shop"
            $0.name = name
            $0.uid = name
        }
        return Event(about: object, .warning, reason: "FailedScheduling", message: message)
    }
}
