import Bytes
import Environment

/// What an operator should look at now, as a list and as a stream of events.
extension PrometheusAPI {
    package struct Notification: Hashable, Sendable {
        package var text: String

        package init(text: String) { self.text = text }
    }

    func addNotificationRoutes(to router: inout Router) {
        router.on(.get, path: "/api/v1/notifications") { _, _ in
            let date = clock.now().rfc3339()
            return Self.success(
                JSONValue.array(await sources.notifications().map { ["text": .string($0.text), "date": .string(date), "active": true] }).bytes)
        }
        router.on(.get, path: "/api/v1/notifications/live") { [clock, sources] _, _ in
            // Server-sent events: what is there at first, then every change; a comment now and then finds clients that have gone.
            HTTPResponse(contentType: "text/event-stream") { body in
                var known: [Notification] = []
                var idleSeconds = 0
                while !Task.isCancelled {
                    let current = await sources.notifications()
                    let date = clock.now().rfc3339()
                    func event(_ notification: Notification, isActive: Bool) -> [UInt8] {
                        let value: JSONValue = ["text": .string(notification.text), "date": .string(date), "active": .bool(isActive)]
                        return Array("data: ".utf8) + value.bytes + Array("\n\n".utf8)
                    }
                    for notification in current where !known.contains(notification) {
                        try await body.write(event(notification, isActive: true))
                        idleSeconds = 0
                    }
                    for notification in known where !current.contains(notification) {
                        try await body.write(event(notification, isActive: false))
                        idleSeconds = 0
                    }
                    known = current
                    if idleSeconds % 15 == 0 { try await body.write(Array(":\n\n".utf8)) }
                    idleSeconds += 1
                    try await clock.sleep(for: .seconds(1))
                }
            }
        }
    }
}
