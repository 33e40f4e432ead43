extension JSONValue {
    /// A member of an object. Assigning to a null makes it an object first; assigning nil removes the member.
    package subscript(key: String) -> JSONValue? {
        get {
            if case .object(let object) = self { return object[key] }
            return nil
        }
        _modify {
            var object: JSONObject
            switch self {
            case .object(let existing): object = existing
            case .null: object = JSONObject()
            default: preconditionFailure("cannot set member \"\(key)\" of \(kindDescription)")
            }
            // Gives up the tree's hold on the object while it changes, so that nothing is copied.
            self = .null
            defer { self = .object(object) }
            yield &object[key]
        }
    }

    /// An element of an array; reading outside it gives nil, writing there is a programmer's error.
    package subscript(index: Int) -> JSONValue? {
        get {
            if case .array(let elements) = self, elements.indices.contains(index) { return elements[index] }
            return nil
        }
        set {
            guard case .array(var elements) = self else { preconditionFailure("cannot index \(kindDescription)") }
            self = .null
            if let newValue { elements[index] = newValue } else { elements.remove(at: index) }
            self = .array(elements)
        }
    }

    /// Follows member names; nil when one of them is missing.
    package func value(at path: [String]) -> JSONValue? {
        var value = self
        for key in path {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value
    }

    package func value(at path: String...) -> JSONValue? { value(at: path) }

    /// Sets a member far inside, making the objects on the way; nil removes it and makes nothing.
    package mutating func set(_ newValue: JSONValue?, at path: [String]) {
        guard let key = path.first else {
            self = newValue ?? .null
            return
        }
        guard path.count > 1 else {
            if newValue != nil || self[key] != nil { self[key] = newValue }
            return
        }
        if self[key] == nil {
            if newValue == nil { return }
            self[key] = .object(JSONObject())
        }
        self[key]!.set(newValue, at: Array(path.dropFirst()))
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
    package init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral members: (String, JSONValue)...) { self = .object(JSONObject(members)) }

    package static func number(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
    package static func number(_ value: Int64) -> JSONValue { .number(JSONNumber(value)) }
    package static func number(_ value: Double) -> JSONValue { .number(JSONNumber(value)) }
}
