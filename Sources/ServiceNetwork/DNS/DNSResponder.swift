import ClusterAPI

/// Answers questions about the cluster's names.
package enum DNSResponder {
    package enum Decision: Hashable, Sendable {
        case answer([UInt8])
        /// The name is none of the cluster's: ask the host's name server, and failing that answer with these bytes.
        case forward(otherwise: [UInt8])
        /// Not worth an answer.
        case ignore
    }

    /// Seconds an answer may be kept. Short, since endpoints come and go.
    ///
    /// - Source: CoreDNS' default for its plug-in `kubernetes`.
    static let timeToLive: UInt32 = 5

    private enum Code: UInt16 { case noError = 0, formatError = 1, serverFailure = 2, noSuchName = 3, notImplemented = 4, refused = 5 }

    private static let (typeA, typePTR, typeSRV, typeANY): (UInt16, UInt16, UInt16, UInt16) = (1, 12, 33, 255)

    /// - Parameter isStream: whether the question came over TCP, where an answer may be of any size.
    package static func decide(_ bytes: [UInt8], _ zone: DNSZone, isStream: Bool) -> Decision {
        let query: DNSQuery
        do throws(DNSQuery.Failure) {
            query = try DNSQuery(bytes)
        } catch {
            switch error {
            case .notAQuery: return .ignore
            case .malformed(let id): return .answer(header(id, .formatError, flags: 0, counts: (0, 0, 0, 0)))
            case .notImplemented(let id): return .answer(header(id, .notImplemented, flags: 0, counts: (0, 0, 0, 0)))
            }
        }
        guard query.recordClass == 1 || query.recordClass == 255 else { return .answer(message(query, .refused, isStream: isStream)) }
        if query.labels.suffix(2) == ["in-addr", "arpa"] {
            guard let address = reversed(query.labels), let target = zone.pointer(address) else {
                return .forward(otherwise: message(query, .noSuchName, isStream: isStream))
            }
            let answers = query.type == typePTR || query.type == typeANY ? [record(name(of: query), .pointer(target))] : []
            return .answer(message(query, .noError, answers, isStream: isStream))
        }
        guard query.labels.count >= zone.domainLabels.count, Array(query.labels.suffix(zone.domainLabels.count)) == zone.domainLabels else {
            return .forward(otherwise: message(query, .noSuchName, isStream: isStream))
        }
        let authority = [DNSRecord(name: zone.domain, value: .authority(domain: zone.domain), timeToLive: timeToLive)]
        guard let found = lookUp(Array(query.labels.dropLast(zone.domainLabels.count)), query, zone) else {
            return .answer(message(query, .noSuchName, authority: authority, isStream: isStream))
        }
        // The name is there; whether it has a record of the type is another matter.
        return .answer(
            message(query, .noError, found.answers, authority: found.answers.isEmpty ? authority : [], found.additional, isStream: isStream))
    }

    // MARK: Names

    /// The records of a name below the domain; nil when there is no such name.
    private static func lookUp(_ labels: [String], _ query: DNSQuery, _ zone: DNSZone) -> (answers: [DNSRecord], additional: [DNSRecord])? {
        let own = name(of: query)
        let wantsAddresses = query.type == typeA || query.type == typeANY
        switch labels.last {
        case nil: return ([], [])
        case "pod" where labels.count == 3:
            guard let address = SocketAddress.address(String(labels[0].map { $0 == "-" ? "." : $0 })) else { return nil }
            return (wantsAddresses ? [record(own, .address(address))] : [], [])
        case "svc": break
        default: return nil
        }
        let count = labels.count
        if count == 1 { return ([], []) }
        if count == 2 { return zone.hasNamespace(labels[0]) ? ([], []) : nil }
        let key = NamespacedName(namespace: labels[count - 2], name: labels[count - 3])
        guard let entry = zone[key] else { return nil }
        if let external = entry.externalName {
            return count == 3 ? ([record(own, .alias(external.hasSuffix(".") ? String(external.dropLast()) : external))], []) : nil
        }
        switch count {
        case 3:
            // Any type may be asked of a name that is there.
            if query.type == typeSRV { return services(entry, entry.ports, own, key, zone) }
            return (wantsAddresses ? addresses(entry).map { record(own, .address($0)) } : [], [])
        case 4:
            guard entry.clusterAddress == nil, let target = entry.targets.first(where: { $0.hostname == labels[0] }) else { return nil }
            return (wantsAddresses ? [record(own, .address(target.address))] : [], [])
        case 5:
            guard labels[0].hasPrefix("_"), labels[1].hasPrefix("_") else { return nil }
            let ports = entry.ports.filter { "_" + $0.name == labels[0] && "_" + $0.transport == labels[1] }
            if ports.isEmpty { return nil }
            return query.type == typeSRV || query.type == typeANY ? services(entry, ports, own, key, zone) : ([], [])
        default: return nil
        }
    }

    private static func addresses(_ entry: DNSZone.Entry) -> [UInt32] {
        entry.clusterAddress.map { [$0] } ?? entry.targets.map(\.address)
    }

    private static func services(
        _ entry: DNSZone.Entry, _ ports: [DNSZone.Entry.Port], _ own: String, _ key: NamespacedName, _ zone: DNSZone
    ) -> (answers: [DNSRecord], additional: [DNSRecord]) {
        let service = zone.serviceName(key)
        let targets: [(name: String, address: UInt32)] =
            entry.clusterAddress.map { [(service, $0)] } ?? entry.targets.map { ("\($0.hostname).\(service)", $0.address) }
        var answers: [DNSRecord] = []
        for port in ports where !port.name.isEmpty {
            for target in targets {
                answers.append(record(own, .service(priority: 0, weight: 100, port: port.port, target: target.name)))
            }
        }
        return (answers, answers.isEmpty ? [] : targets.map { record($0.name, .address($0.address)) })
    }

    private static func reversed(_ labels: [String]) -> UInt32? {
        guard labels.count == 6 else { return nil }
        return SocketAddress.address(labels.prefix(4).reversed().joined(separator: "."))
    }

    private static func name(of query: DNSQuery) -> String { query.labels.joined(separator: ".") }

    private static func record(_ name: String, _ value: DNSRecord.Value) -> DNSRecord {
        DNSRecord(name: name, value: value, timeToLive: timeToLive)
    }

    // MARK: Messages

    /// An answer that says the name server behind us failed.
    package static func serverFailure(to bytes: [UInt8]) -> [UInt8]? {
        guard let query = try? DNSQuery(bytes) else { return nil }
        return message(query, .serverFailure, isStream: false)
    }

    private static func message(
        _ query: DNSQuery, _ code: Code, _ answers: [DNSRecord] = [], authority: [DNSRecord] = [], _ additional: [DNSRecord] = [],
        isStream: Bool
    ) -> [UInt8] {
        let limit = isStream ? 65_535 : query.sizeLimit
        var body = query.question
        var counts = (questions: UInt16(1), answers: UInt16(0), authority: UInt16(0), additional: UInt16(0))
        var isCut = false
        func add(_ records: [DNSRecord], _ count: inout UInt16, isNeeded: Bool) {
            for record in records where !isCut {
                let before = body.count
                record.append(to: &body)
                if body.count + 12 > limit {
                    body.removeLast(body.count - before)
                    if isNeeded { isCut = true }
                    return
                }
                count += 1
            }
        }
        add(answers, &counts.answers, isNeeded: true)
        add(authority, &counts.authority, isNeeded: false)
        add(additional, &counts.additional, isNeeded: false)
        // Authoritative, recursion available as we forward; truncated when cut: the asker then comes by TCP.
        let flags: UInt16 = 0x0400 | 0x0080 | (query.isRecursionDesired ? 0x0100 : 0) | (isCut ? 0x0200 : 0)
        return header(query.id, code, flags: flags, counts: counts) + body
    }

    private static func header(_ id: UInt16, _ code: Code, flags: UInt16, counts: (UInt16, UInt16, UInt16, UInt16)) -> [UInt8] {
        var bytes: [UInt8] = []
        for word in [id, 0x8000 | flags | code.rawValue, counts.0, counts.1, counts.2, counts.3] { DNSRecord.append(word, to: &bytes) }
        return bytes
    }
}
