package import Bytes
import OrderedCollections
import Telemetry

/// An alert's state on its way to one receiver.
package struct QueuedAlert: Hashable, Sendable {
    /// Rises with each; names it in the log.
    package var sequence: UInt64
    package var queuedAt: Timestamp
    package var receiver: NotificationReceiver
    package var group: RuleGroupID
    package var expression: String
    package var alert: ActiveAlert

    package init(
        sequence: UInt64, queuedAt: Timestamp, receiver: NotificationReceiver, group: RuleGroupID, expression: String, alert: ActiveAlert
    ) {
        self.sequence = sequence
        self.queuedAt = queuedAt
        self.receiver = receiver
        self.group = group
        self.expression = expression
        self.alert = alert
    }

    package var alertName: String { alert.labels["alertname"] ?? "" }
}

/// What waits to be told, as a value: grouped into messages, retried with back-off, each alert once per receiver.
///
/// An alert that changes while it waits is replaced: receivers learn its newest state, and the queue is never longer than the alerts are many.
/// - Invariant: at most one delivery of a message's key is under way, so a receiver sees an alert's states in order.
package struct NotificationQueue: Sendable {
    /// One message: the alerts of one name and group for one receiver.
    package struct Key: Hashable, Sendable {
        package var receiver: NotificationReceiver
        package var group: RuleGroupID
        package var alertName: String
    }

    /// A message that is due.
    package struct Delivery: Sendable {
        package var key: Key
        package var alerts: [QueuedAlert]
    }

    private struct Waiting: Sendable {
        var alerts: OrderedDictionary<Labels, QueuedAlert> = [:]
        var attempts = 0
        var notBefore = Timestamp.epoch
        var isUnderWay = false
    }

    /// After as long without success an alert is given up: its receiver is gone.
    package static let patience = Duration.seconds(24 * 3600)
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(300)

    private var messages: OrderedDictionary<Key, Waiting> = [:]
    private var nextSequence: UInt64
    /// Replaced before they were told; the log may forget them.
    private var superseded: [UInt64] = []

    package init(nextSequence: UInt64 = 1) { self.nextSequence = nextSequence }

    /// Goes on with what a log remembers.
    package init(_ snapshot: RuleSnapshot) {
        self.init(nextSequence: snapshot.nextSequence)
        accept(Array(snapshot.queued.values))
    }

    package var isEmpty: Bool { messages.isEmpty }
    package var count: Int { messages.values.reduce(0) { $0 + $1.alerts.count } }

    private static func key(_ alert: QueuedAlert) -> Key { Key(receiver: alert.receiver, group: alert.group, alertName: alert.alertName) }

    /// Numbers what an evaluation wants told. The log must remember it before `accept` makes it due.
    package mutating func stage(
        _ notifications: [AlertNotification], group: RuleGroupID, receivers: [NotificationReceiver], now: Timestamp
    ) -> [QueuedAlert] {
        var staged: [QueuedAlert] = []
        for notification in notifications {
            for receiver in receivers {
                if !notification.isChange, receiver.kind != .alertmanager { continue }
                if notification.isResolved, !receiver.sendsResolved { continue }
                staged.append(
                    QueuedAlert(
                        sequence: nextSequence, queuedAt: now, receiver: receiver, group: group, expression: notification.expression,
                        alert: notification.alert))
                nextSequence += 1
            }
        }
        return staged
    }

    /// Takes in what was staged; an alert that waits already is replaced by its newer state.
    package mutating func accept(_ staged: [QueuedAlert]) {
        for alert in staged {
            if let old = messages[Self.key(alert), default: Waiting()].alerts.updateValue(alert, forKey: alert.alert.labels) {
                superseded.append(old.sequence)
            }
        }
    }

    /// Takes the messages whose time has come; each must be answered by `finish`.
    package mutating func takeDue(at now: Timestamp, atMost limit: Int = .max) -> [Delivery] {
        var due: [Delivery] = []
        var room = limit - messages.values.count { $0.isUnderWay }
        for key in messages.keys where room > 0 && !messages[key]!.isUnderWay && messages[key]!.notBefore <= now {
            room -= 1
            messages[key]!.isUnderWay = true
            due.append(Delivery(key: key, alerts: Array(messages[key]!.alerts.values)))
        }
        return due
    }

    /// Says how a delivery went. - Returns: what the log may forget.
    package mutating func finish(_ delivery: Delivery, isDelivered: Bool, at now: Timestamp) -> [RuleLogEntry] {
        guard var message = messages[delivery.key] else { return [] }
        message.isUnderWay = false
        var done = superseded
        superseded = []
        for alert in delivery.alerts where isDelivered || now - alert.queuedAt > Self.patience {
            done.append(alert.sequence)
            // A newer state that came meanwhile stays.
            if message.alerts[alert.alert.labels]?.sequence == alert.sequence { message.alerts.removeValue(forKey: alert.alert.labels) }
        }
        if isDelivered {
            (message.attempts, message.notBefore) = (0, now)
        } else {
            let pause = min(Self.longestPause, Self.firstPause * (1 << min(message.attempts, 9)))
            message.attempts += 1
            message.notBefore = now + pause
        }
        messages[delivery.key] = message.alerts.isEmpty ? nil : message
        return done.isEmpty ? [] : [.done(done)]
    }

    /// When the next message is due; nil when none waits.
    package var nextDue: Timestamp? { messages.values.filter { !$0.isUnderWay }.map(\.notBefore).min() }
}
