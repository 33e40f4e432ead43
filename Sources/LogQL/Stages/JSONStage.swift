import Bytes

/// `json`: members become labels, nested ones joined with `_`; or only the given paths.
struct JSONStage: Sendable {
    private let paths: [(name: [UInt8], path: JSONPath)]

    init(_ extractions: [Extraction]) {
        paths = extractions.compactMap { extraction in JSONPath(extraction.path).map { (Array(extraction.name.utf8), $0) } }
    }

    func apply(_ state: inout EntryState) {
        if state.line.isEmpty || state.hasAllNeeded { return }
        let first = state.text[state.line.lowerBound]
        let isJSON = paths.isEmpty ? Self.beginsObject(state) : first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || first == UInt8(ascii: "\"")
        // Loki has details of this error only where it looks for all members.
        guard isJSON else { return state.fail(.json, paths.isEmpty ? Self.failure(state) : nil) }
        // The line alone: an error says where it is in its text, and counts the lines of all that comes before.
        var reader = JSONReader(Array(state.text[state.line]))
        do throws(JSONError) {
            if paths.isEmpty { try all(&reader, &state) } else { try some(reader, &state) }
        } catch {
            state.fail(.json, Self.failure(state))
        }
    }

    /// Whether the first byte that is no blank begins an object: most lines that are no JSON are told by it.
    static func beginsObject(_ state: EntryState) -> Bool {
        var index = state.line.lowerBound
        while index < state.line.upperBound {
            let byte = state.text[index]
            if byte != 0x20, byte != 0x09, byte != 0x0a, byte != 0x0d { return byte == UInt8(ascii: "{") }
            index &+= 1
        }
        return false
    }

    /// Why a line is no JSON object, as Loki's reader words it.
    static func failure(_ state: EntryState) -> String {
        let first = state.text[state.line].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }
        return first == UInt8(ascii: "{") ? "Malformed JSON error" : "Value looks like object, but can't find closing '}' symbol"
    }

    private func all(_ reader: inout JSONReader, _ state: inout EntryState) throws(JSONError) {
        var name: [UInt8] = []
        var value: [UInt8] = []
        guard try members(&reader, &state, &name, &value) else { return }
        try reader.expectEnd()
    }

    /// Answers false when all that is needed has been found.
    private func members(
        _ reader: inout JSONReader, _ state: inout EntryState, _ name: inout [UInt8], _ value: inout [UInt8]
    ) throws(JSONError) -> Bool {
        try reader.beginObject()
        let prefix = name.count
        while let key = try reader.nextKey() {
            name.removeLast(name.count - prefix)
            if prefix > 0 { name.append(0x5f) }
            if key.hasEscapes {
                LabelName.append(reader.string(key).utf8, to: &name)
            } else {
                LabelName.append(reader.bytes[key.range], to: &name)
            }
            switch try reader.peek() {
            case .object: if !(try members(&reader, &state, &name, &value)) { return false }
            case .string:
                let raw = try reader.readRawString()
                value.removeAll(keepingCapacity: true)
                reader.append(raw, to: &value)
                state.extract(name, value)
            case .number, .bool:
                let range = try reader.skipValue()
                state.extract(name, reader.bytes[range])
            case .array, .null: _ = try reader.skipValue()
            }
            if state.needed != nil, state.hasAllNeeded { return false }
        }
        name.removeLast(name.count - prefix)
        return true
    }

    private func some(_ reader: JSONReader, _ state: inout EntryState) throws(JSONError) {
        for (name, path) in paths {
            var place = reader
            guard try path.seek(&place) else {
                state.extractMissing(name)
                continue
            }
            switch try place.peek() {
            case .string:
                var value: [UInt8] = []
                let raw = try place.readRawString()
                place.append(raw, to: &value)
                state.extract(name, value)
            case .null:
                state.extract(name, [UInt8]())
            default:
                let range = try place.skipValue()
                state.extract(name, place.bytes[range])
            }
        }
    }
}

/// `unpack`: what `pack` of a shipper wrapped: string members become labels, `_entry` the line.
struct UnpackStage: Sendable {
    private static let entry = Array("_entry".utf8)
    /// In Loki's words, whose reader gives objects this number.
    private static let noObject = "expecting json object(6), but it is not"

    func apply(_ state: inout EntryState) {
        if state.line.isEmpty || state.hasAllNeeded { return }
        guard state.text[state.line.lowerBound] == UInt8(ascii: "{") else { return state.fail(.json, Self.noObject) }
        var reader = JSONReader(Array(state.text[state.line]))
        var found: [(name: [UInt8], value: [UInt8])] = []
        var line: [UInt8]?
        do throws(JSONError) {
            guard try reader.peek() == .object else { throw reader.error("expected a JSON object") }
            try reader.beginObject()
            while let key = try reader.nextKey() {
                let name = Array(reader.string(key).utf8)
                guard try reader.peek() == .string else {
                    _ = try reader.skipValue()
                    continue
                }
                var value: [UInt8] = []
                let raw = try reader.readRawString()
                reader.append(raw, to: &value)
                if name == Self.entry {
                    line = value
                } else {
                    var label: [UInt8] = []
                    LabelName.append(name, to: &label)
                    found.append((label, value))
                }
            }
        } catch {
            return state.fail(.json, JSONStage.failure(state))
        }
        guard let line else { return }
        for (name, value) in found { state.extract(name, value) }
        state.text = line
        state.line = 0..<line.count
    }
}
