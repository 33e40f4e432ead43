import Bytes
import Environment
import OrderedCollections
import Telemetry
import Testing

@testable import Rules

@Suite("Notifications")
struct NotificationTests {
    let group = RuleGroupID(kind: .object, source: "default", name: "tour")
    let now = Rig.start

    func alert(_ name: String, _ state: ActiveAlert.State = .firing, isChange: Bool = true) -> AlertNotification {
        var alert = ActiveAlert(
            labels: Labels(["alertname": "Down", "name": name, "job": "web"]), annotations: [.init(name: "summary", text: "<\(name)> is down")],
            value: 1, state: state, activeAt: now)
        alert.firedAt = now
        if state == .inactive { alert.resolvedAt = now + .seconds(60) }
        return AlertNotification(alertName: "Down", expression: "up == 0", alert: alert, isChange: isChange)
    }

    @Test("a receiver that fails is asked again after 1, 2, 4 … 300 seconds, and then no more")
    func backOff() {
        var queue = NotificationQueue()
        queue.accept(queue.stage([alert("a")], group: group, receivers: [.hook], now: now))
        var time = now
        var pauses: [Int64] = []
        for _ in 0..<11 {
            let due = queue.takeDue(at: time)
            #expect(due.count == 1 && queue.takeDue(at: time).isEmpty)
            #expect(queue.finish(due[0], isDelivered: false, at: time).isEmpty)
            let next = queue.nextDue!
            #expect(queue.takeDue(at: next - .milliseconds(1)).isEmpty)
            pauses.append((next - time).components.seconds)
            time = next
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        let last = queue.takeDue(at: time)
        #expect(queue.finish(last[0], isDelivered: true, at: time) == [.done([1])] && queue.isEmpty)
    }

    @Test("an alert that changes while it waits is told once, as it is now")
    func coalescing() {
        var queue = NotificationQueue()
        queue.accept(queue.stage([alert("a"), alert("b")], group: group, receivers: [.hook], now: now))
        queue.accept(queue.stage([alert("a", .inactive)], group: group, receivers: [.hook], now: now))
        let due = queue.takeDue(at: now)
        #expect(due.map { $0.alerts.map(\.alert.state) } == [[.inactive, .firing]])
        #expect(queue.finish(due[0], isDelivered: true, at: now) == [.done([1, 3, 2])])
    }

    @Test("what changes while a message is under way is sent after it")
    func order() {
        var queue = NotificationQueue()
        queue.accept(queue.stage([alert("a")], group: group, receivers: [.hook], now: now))
        let first = queue.takeDue(at: now)
        queue.accept(queue.stage([alert("a", .inactive)], group: group, receivers: [.hook], now: now))
        #expect(queue.takeDue(at: now).isEmpty)
        _ = queue.finish(first[0], isDelivered: true, at: now)
        #expect(queue.takeDue(at: now).map { $0.alerts.map(\.alert.state) } == [[.inactive]])
    }

    @Test("only Alertmanager hears again of what did not change; who wants no end is told none")
    func receivers() {
        var queue = NotificationQueue()
        var quiet = NotificationReceiver.hook
        (quiet.name, quiet.sendsResolved) = ("quiet", false)
        let staged = queue.stage(
            [alert("a", isChange: false), alert("b", .inactive)], group: group, receivers: [.hook, .manager, quiet], now: now)
        #expect(staged.map { "\($0.receiver.name) \($0.alert.labels["name"]!)" } == ["am a", "hook b", "am b"])
    }

    @Test("a firing alert is sent to Alertmanager each minute and is valid for four intervals; to a webhook once")
    func resend() throws {
        for (receiver, times) in [(NotificationReceiver.manager, [0, 75, 150, 225]), (.hook, [0])] {
            let definition = RuleGroupDefinition.alert(interval: .seconds(15), receivers: [receiver])
            var rig = try Rig([definition])
            let first = RuleGroupSchedule(definition).next(after: Rig.start)
            for step in 0..<17 { try rig.step(at: first + .seconds(15 * step)) { _ in .success(.of(["a"])) } }
            #expect(rig.sent.map { ($0.alert.lastSentAt! - first).components.seconds } == times.map { Int64($0) })
            #expect(rig.sent.allSatisfy { $0.alert.validUntil! - $0.alert.lastSentAt! == .seconds(240) })
        }
    }

    @Test("a notification that was not delivered is there after a restart")
    func restart() throws {
        let definition = RuleGroupDefinition.alert()
        var rig = try Rig([definition])
        let time = RuleGroupSchedule(definition).next(after: Rig.start)
        try rig.step(at: time) { _ in .success(.of(["a"])) }
        rig = try Rig([definition], files: rig.files)
        let due = rig.set.queue.takeDue(at: time)
        #expect(due.map { $0.alerts.map(\.alert.labels.description) } == [[#"{alertname="Down",name="a"}"#]])
        try rig.log.commit(rig.set.queue.finish(due[0], isDelivered: true, at: time), sync: false)
        #expect(try Rig([definition], files: rig.files).set.queue.isEmpty)
    }

    func delivery(_ receiver: NotificationReceiver, _ alerts: [AlertNotification]) -> NotificationQueue.Delivery {
        var queue = NotificationQueue()
        queue.accept(queue.stage(alerts, group: group, receivers: [receiver], now: now))
        return queue.takeDue(at: now)[0]
    }

    @Test("the webhook's body is Alertmanager's, version 4")
    func webhook() throws {
        let message = NotificationMessage(delivery(.hook, [alert("a"), alert("b", .inactive)]), externalURL: "http://sky:9090").request
        #expect(message.method == "POST" && message.url == "http://127.0.0.1:1/hook")
        let body = try JSONValue.parse(message.body)
        #expect(body["version"]?.stringValue == "4" && body["status"]?.stringValue == "firing" && body["receiver"]?.stringValue == "hook")
        #expect(body["groupLabels"]?.description == #"{"alertname":"Down"}"#)
        #expect(body["commonLabels"]?.description == #"{"alertname":"Down","job":"web"}"#)
        #expect(body["commonAnnotations"]?.description == "{}")
        #expect(body["groupKey"]?.stringValue == #"{}/{group="default/tour"}:{alertname="Down"}"#)
        let alerts = try #require(body["alerts"]?.arrayValue)
        #expect(alerts.map { $0["status"]?.stringValue } == ["firing", "resolved"])
        #expect(alerts.map { $0["endsAt"]?.stringValue } == ["0001-01-01T00:00:00Z", "2023-11-14T22:14:20Z"])
        #expect(alerts[0]["startsAt"]?.stringValue == "2023-11-14T22:13:20Z")
        #expect(alerts[0]["generatorURL"]?.stringValue == "http://sky:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1")
        #expect(alerts[0]["fingerprint"]?.stringValue?.count == 16)
    }

    @Test("Alertmanager gets a list at its own path, Slack an attachment without mark-up of ours")
    func others() throws {
        let manager = NotificationMessage(delivery(.manager, [alert("a")]), externalURL: "").request
        #expect(manager.url == "http://127.0.0.1:1/api/v2/alerts")
        #expect(try JSONValue.parse(manager.body)[0]?["labels"]?["name"]?.stringValue == "a")
        let receiver = NotificationReceiver(name: "s", kind: .slack, url: "http://slack/x", channel: "#ops")
        let slack = try JSONValue.parse(NotificationMessage(delivery(receiver, [alert("a")]), externalURL: "").request.body)
        #expect(slack["channel"]?.stringValue == "#ops")
        let attachment = slack["attachments"]?[0]
        #expect(attachment?["title"]?.stringValue == "[FIRING:1] Down" && attachment?["color"]?.stringValue == "danger")
        #expect(attachment?["text"]?.stringValue == "firing: &lt;a&gt; is down (job=web, name=a)")
    }
}
