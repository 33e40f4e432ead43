import Bytes
import ClusterAPI

/// JSON patch: a list of operations, all of which must succeed.
///
/// - Source: RFC 6902; pointers are those of RFC 6901.
struct JSONPatch {
    private let operations: [JSONObject]
    private let copyLimit: Int

    /// - Parameter copyLimit: bytes that all copies together may add; a few copies of copies would fill any memory.
    /// - Throws: `badRequest` for what is no list of operations; `tooLarge` beyond the limit.
    init(_ patch: JSONValue, operationLimit: Int, copyLimit: Int) throws(StatusError) {
        guard case .array(let elements) = patch else { throw .badRequest("error decoding patch: a JSON patch is an array of operations") }
        guard elements.count <= operationLimit else {
            throw .tooLarge("The allowed maximum operations in a JSON patch is \(operationLimit), got \(elements.count)")
        }
        var operations: [JSONObject] = []
        for element in elements {
            guard case .object(let operation) = element, operation["op"]?.stringValue != nil, operation["path"]?.stringValue != nil else {
                throw .badRequest("error decoding patch: each operation has \"op\" and \"path\"")
            }
            operations.append(operation)
        }
        self.operations = operations
        self.copyLimit = copyLimit
    }

    func applied(to object: JSONValue) throws(StatusError) -> JSONValue {
        var result = object
        var copied = 0
        for operation in operations {
            do throws(Failure) {
                try apply(operation, to: &result, copied: &copied)
            } catch {
                throw StatusError(code: 422, reason: .invalid, message: "the server rejected our request due to an error in our request: \(error.text)")
            }
        }
        return result
    }

    private struct Failure: Error {
        var text: String
    }

    private func apply(_ operation: JSONObject, to object: inout JSONValue, copied: inout Int) throws(Failure) {
        let name = operation["op"]?.stringValue ?? ""
        let path = try Self.pointer(operation["path"]?.stringValue ?? "")
        switch name {
        case "add": try Self.add(try Self.value(operation), at: path[...], in: &object)
        case "remove": _ = try Self.remove(at: path[...], in: &object)
        case "replace":
            let value = try Self.value(operation)
            _ = try Self.find(path[...], in: object)
            try Self.replace(value, at: path[...], in: &object)
        case "move":
            let from = try Self.pointer(try Self.source(operation))
            guard !(path.count > from.count && path.starts(with: from)) else { throw Failure(text: "cannot move a value into itself") }
            let value = try Self.remove(at: from[...], in: &object)
            try Self.add(value, at: path[...], in: &object)
        case "copy":
            let from = try Self.pointer(try Self.source(operation))
            let value = try Self.find(from[...], in: object)
            // What was copied so far is within the limit, so counting this value is no great work either.
            copied += value.bytes.count
            guard copied <= copyLimit else {
                throw Failure(text: "unable to complete the copy: the copies add up to \(copied) bytes, the limit is \(copyLimit)")
            }
            try Self.add(value, at: path[...], in: &object)
        case "test":
            guard try Self.find(path[...], in: object) == (try Self.value(operation)) else {
                throw Failure(text: "testing path \(operation["path"]?.stringValue ?? "") failed")
            }
        default: throw Failure(text: "unexpected operation \"\(name)\"")
        }
    }

    private static func value(_ operation: JSONObject) throws(Failure) -> JSONValue {
        guard let value = operation["value"] else { throw Failure(text: "operation \"\(operation["op"]?.stringValue ?? "")\" has no value") }
        return value
    }

    private static func source(_ operation: JSONObject) throws(Failure) -> String {
        guard let from = operation["from"]?.stringValue else { throw Failure(text: "operation has no \"from\"") }
        return from
    }

    private static func pointer(_ text: String) throws(Failure) -> [String] {
        if text.isEmpty { return [] }
        guard text.hasPrefix("/") else { throw Failure(text: "path \"\(text)\" does not begin with \"/\"") }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(unescaped)
    }

    /// `~1` is "/", `~0` is "~".
    private static func unescaped(_ part: Substring) -> String {
        var result = ""
        var isEscaped = false
        for character in part {
            if isEscaped {
                result.append(character == "1" ? "/" : character == "0" ? "~" : character)
                isEscaped = false
            } else if character == "~" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }

    // MARK: Places

    private static func index(_ part: String, below count: Int) throws(Failure) -> Int {
        guard let index = Int(part), index >= 0, index < count, part == String(index) else {
            throw Failure(text: "index \"\(part)\" lies outside an array of \(count)")
        }
        return index
    }

    private static func missing(_ part: String) -> Failure { Failure(text: "path part \"\(part)\" does not exist") }

    private static func find(_ path: ArraySlice<String>, in value: JSONValue) throws(Failure) -> JSONValue {
        guard let part = path.first else { return value }
        switch value {
        case .object(let object):
            guard let member = object[part] else { throw missing(part) }
            return try find(path.dropFirst(), in: member)
        case .array(let elements): return try find(path.dropFirst(), in: elements[try index(part, below: elements.count)])
        default: throw missing(part)
        }
    }

    private static func replace(_ new: JSONValue, at path: ArraySlice<String>, in value: inout JSONValue) throws(Failure) {
        guard let part = path.first else {
            value = new
            return
        }
        try change(part, in: &value) { inner throws(Failure) in try replace(new, at: path.dropFirst(), in: &inner) }
    }

    private static func add(_ new: JSONValue, at path: ArraySlice<String>, in value: inout JSONValue) throws(Failure) {
        guard let part = path.first else {
            value = new
            return
        }
        if path.count > 1 {
            try change(part, in: &value) { inner throws(Failure) in try add(new, at: path.dropFirst(), in: &inner) }
            return
        }
        switch value {
        case .object: value[part] = new
        case .array(var elements):
            value = .null
            if part == "-" {
                elements.append(new)
            } else {
                elements.insert(new, at: try index(part, below: elements.count + 1))
            }
            value = .array(elements)
        default: throw missing(part)
        }
    }

    private static func remove(at path: ArraySlice<String>, in value: inout JSONValue) throws(Failure) -> JSONValue {
        guard let part = path.first else { throw Failure(text: "the whole document cannot be removed") }
        if path.count > 1 {
            var removed = JSONValue.null
            try change(part, in: &value) { inner throws(Failure) in removed = try remove(at: path.dropFirst(), in: &inner) }
            return removed
        }
        switch value {
        case .object(var object):
            guard let removed = object.remove(part) else { throw missing(part) }
            value = .object(object)
            return removed
        case .array(var elements):
            let removed = elements.remove(at: try index(part, below: elements.count))
            value = .array(elements)
            return removed
        default: throw missing(part)
        }
    }

    private static func change(
        _ part: String, in value: inout JSONValue, _ body: (inout JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        switch value {
        case .object(var object):
            guard var member = object[part] else { throw missing(part) }
            try body(&member)
            object[part] = member
            value = .object(object)
        case .array(var elements):
            let place = try index(part, below: elements.count)
            try body(&elements[place])
            value = .array(elements)
        default: throw missing(part)
        }
    }
}
