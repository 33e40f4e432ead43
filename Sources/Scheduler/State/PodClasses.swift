/// Pods of one namespace with equal labels: to every selector they are alike, so they are counted together.
///
/// Spreading needs, for each node, the number of pods that the selectors of a pod's controllers and services match. Summing a few
/// classes' counts per node gives it without looking at any pod.
package struct PodClasses: Sendable {
    /// A selector of a Service or ReplicationController.
    package struct Selector: Equatable, Sendable {
        package var name: String
        package var isService: Bool
        package var pairs: [String: String]

        package init(name: String, isService: Bool, pairs: [String: String]) {
            self.name = name
            self.isService = isService
            self.pairs = pairs
        }

        func matches(_ labels: [String: String]) -> Bool {
            guard !pairs.isEmpty else { return false }
            for (key, value) in pairs where labels[key] != value { return false }
            return true
        }
    }

    private struct Entry: Sendable {
        var name: Name
        var counts = NodeCounts()
        /// How many known pods are of this class, assigned or not.
        var members = 0
        /// The classes that the selectors of this class match, per set of selectors, as of `siblingsVersion`.
        var siblings: [SelectorSet: [Int]] = [:]
        var siblingsVersion: UInt64 = 0
    }

    private struct Name: Hashable, Sendable {
        var namespace: String
        var labels: [String: String]
    }

    private struct Namespace: Sendable {
        var classes: [Int] = []
        /// Sorted by name, services first.
        var selectors: [Selector] = []
        /// Rises with every change of the classes or selectors.
        var version: UInt64 = 1
    }

    /// Which selectors count.
    package enum SelectorSet: Hashable, Sendable { case services, servicesAndControllers }

    private var ids: [Name: Int] = [:]
    private var entries: [Entry] = []
    private var free: [Int] = []
    private var namespaces: [String: Namespace] = [:]

    package init() {}

    /// The class of a pod that came to be known; `leave` must follow when it is no longer.
    package mutating func join(_ namespace: String, _ labels: [String: String]) -> Int {
        let name = Name(namespace: namespace, labels: labels)
        if let id = ids[name] {
            entries[id].members += 1
            return id
        }
        var entry = Entry(name: name)
        entry.members = 1
        let id: Int
        if let reused = free.popLast() {
            id = reused
            entries[id] = entry
        } else {
            id = entries.count
            entries.append(entry)
        }
        ids[name] = id
        namespaces[namespace, default: Namespace()].classes.append(id)
        namespaces[namespace]!.version += 1
        return id
    }

    package mutating func leave(_ id: Int) {
        entries[id].members -= 1
        guard entries[id].members == 0 else { return }
        precondition(entries[id].counts.total == 0, "a class without members has no pods on nodes")
        let name = entries[id].name
        ids[name] = nil
        free.append(id)
        namespaces[name.namespace]!.classes.removeAll { $0 == id }
        namespaces[name.namespace]!.version += 1
    }

    package mutating func count(_ difference: Int, of id: Int, on slot: Int) { entries[id].counts.add(difference, at: slot) }

    package func count(of id: Int, on slot: Int) -> Int { entries[id].counts[slot] }

    /// Sets or, without pairs, removes a selector.
    package mutating func setSelector(_ selector: Selector, in namespace: String) {
        var space = namespaces[namespace] ?? Namespace()
        let index = space.selectors.firstIndex { $0.name == selector.name && $0.isService == selector.isService }
        if let index, space.selectors[index] == selector { return }
        if let index { space.selectors.remove(at: index) }
        if !selector.pairs.isEmpty { space.selectors.append(selector) }
        space.version += 1
        namespaces[namespace] = space
    }

    /// The class of pods with these labels, if any such pod is placed.
    package func existing(_ namespace: String, _ labels: [String: String]) -> Int? {
        ids[Name(namespace: namespace, labels: labels)]
    }

    /// The classes that any of the selectors matches which match pods with these labels; empty when none does.
    package mutating func siblings(_ namespace: String, _ labels: [String: String], by set: SelectorSet) -> [Int] {
        guard let space = namespaces[namespace] else { return [] }
        guard let id = existing(namespace, labels) else { return find(labels, in: space, by: set) }
        if entries[id].siblingsVersion != space.version {
            entries[id].siblings = [:]
            entries[id].siblingsVersion = space.version
        }
        if let known = entries[id].siblings[set] { return known }
        let found = find(labels, in: space, by: set)
        entries[id].siblings[set] = found
        return found
    }

    private func find(_ labels: [String: String], in space: Namespace, by set: SelectorSet) -> [Int] {
        let own = space.selectors.filter { ($0.isService || set == .servicesAndControllers) && $0.matches(labels) }
        guard !own.isEmpty else { return [] }
        return space.classes.filter { other in own.contains { $0.matches(entries[other].name.labels) } }
    }
}
