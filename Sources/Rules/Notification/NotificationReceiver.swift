package import ClusterAPI

/// One place that is told of alerts.
package struct NotificationReceiver: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        /// Alertmanager's webhook body, version 4.
        case webhook
        /// Alertmanager's own API, version 2: it groups, silences and repeats, and wants to hear again that an alert still fires.
        case alertmanager
        case slack
    }

    package var name: String
    package var kind: Kind
    package var url: String
    /// Slack only.
    package var channel: String
    /// Webhook only; sorted by name.
    package var headers: [Rule.Template]
    package var sendsResolved: Bool

    package init(name: String, kind: Kind, url: String, channel: String = "", headers: [Rule.Template] = [], sendsResolved: Bool = true) {
        self.name = name
        self.kind = kind
        self.url = url
        self.channel = channel
        self.headers = headers
        self.sendsResolved = sendsResolved
    }

    /// nil when it does not have exactly one destination with an HTTP address.
    package init?(_ receiver: AlertReceiver) {
        let sendsResolved = receiver.sendResolved ?? true
        switch (receiver.webhook, receiver.alertmanager, receiver.slack) {
        case (let webhook?, nil, nil):
            let headers = webhook.headers.sorted { $0.key < $1.key }.map { Rule.Template(name: $0.key, text: $0.value) }
            self.init(name: receiver.name, kind: .webhook, url: webhook.url, headers: headers, sendsResolved: sendsResolved)
        case (nil, let alertmanager?, nil):
            self.init(name: receiver.name, kind: .alertmanager, url: alertmanager.url, sendsResolved: sendsResolved)
        case (nil, nil, let slack?):
            self.init(name: receiver.name, kind: .slack, url: slack.url, channel: slack.channel ?? "", sendsResolved: sendsResolved)
        default: return nil
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else { return nil }
    }
}
