import Bytes

/// The counterpart of the reader's calls: absent values and empty collections are left out, maps are written in the order of their keys.
extension JSONWriter {
    mutating func write(_ name: StaticString, string value: String) {
        key(name)
        string(value)
    }

    mutating func write(_ name: StaticString, string value: String?) {
        if let value { write(name, string: value) }
    }

    mutating func write(_ name: StaticString, int value: Int) {
        key(name)
        number(value)
    }

    mutating func write(_ name: StaticString, int value: Int?) {
        if let value { write(name, int: value) }
    }

    mutating func write(_ name: StaticString, bool value: Bool) {
        key(name)
        bool(value)
    }

    mutating func write(_ name: StaticString, bool value: Bool?) {
        if let value { write(name, bool: value) }
    }

    mutating func write(_ name: StaticString, double value: Double) {
        key(name)
        number(value)
    }

    mutating func write(_ name: StaticString, double value: Double?) {
        if let value { write(name, double: value) }
    }

    mutating func write(_ name: StaticString, quantity value: Quantity) {
        key(name)
        string(value.description)
    }

    mutating func write(_ name: StaticString, quantity value: Quantity?) {
        if let value { write(name, quantity: value) }
    }

    mutating func write(_ name: StaticString, time value: Timestamp) {
        key(name)
        string(value.rfc3339())
    }

    mutating func write(_ name: StaticString, time value: Timestamp?) {
        if let value { write(name, time: value) }
    }

    mutating func write(_ name: StaticString, microTime value: Timestamp) {
        key(name)
        string(value.rfc3339(.microseconds))
    }

    mutating func write(_ name: StaticString, microTime value: Timestamp?) {
        if let value { write(name, microTime: value) }
    }

    mutating func write(_ name: StaticString, intOrString value: IntOrString) {
        key(name)
        switch value {
        case .int(let number): self.number(number)
        case .string(let text): string(text)
        }
    }

    mutating func write(_ name: StaticString, intOrString value: IntOrString?) {
        if let value { write(name, intOrString: value) }
    }

    mutating func write(_ name: StaticString, base64 value: Base64Bytes) {
        key(name)
        string(value.text)
    }

    mutating func write(_ name: StaticString, base64 value: Base64Bytes?) {
        if let value { write(name, base64: value) }
    }

    mutating func write(_ name: StaticString, raw value: RawJSON) {
        key(name)
        raw(value.bytes)
    }

    mutating func write(_ name: StaticString, raw value: RawJSON?) {
        if let value { write(name, raw: value) }
    }

    mutating func write<Value: SchemaStruct>(_ name: StaticString, object value: Value) {
        key(name)
        value.encode(into: &self)
    }

    mutating func write<Value: SchemaStruct>(_ name: StaticString, optionalObject value: Boxed<Value>) {
        if let value = value.value { write(name, object: value) }
    }

    // MARK: Arrays

    mutating func write(_ name: StaticString, strings values: [String]) {
        if values.isEmpty { return }
        key(name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    mutating func write(_ name: StaticString, ints values: [Int]) {
        if values.isEmpty { return }
        key(name)
        beginArray()
        for value in values { number(value) }
        endArray()
    }

    mutating func write<Value: SchemaStruct>(_ name: StaticString, objects values: [Value]) {
        if values.isEmpty { return }
        key(name)
        beginArray()
        for value in values { value.encode(into: &self) }
        endArray()
    }

    // MARK: Maps

    mutating func write(_ name: StaticString, stringMap values: [String: String]) {
        writeMap(name, values) { writer, value in writer.string(value) }
    }

    mutating func write(_ name: StaticString, quantityMap values: [String: Quantity]) {
        writeMap(name, values) { writer, value in writer.string(value.description) }
    }

    mutating func write(_ name: StaticString, base64Map values: [String: Base64Bytes]) {
        writeMap(name, values) { writer, value in writer.string(value.text) }
    }

    mutating func write(_ name: StaticString, stringListMap values: [String: [String]]) {
        writeMap(name, values) { writer, value in
            writer.beginArray()
            for element in value { writer.string(element) }
            writer.endArray()
        }
    }

    private mutating func writeMap<Value>(
        _ name: StaticString, _ values: [String: Value], _ write: (inout JSONWriter, Value) -> Void
    ) {
        if values.isEmpty { return }
        key(name)
        beginObject()
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            self.key(key)
            write(&self, value)
        }
        endObject()
    }
}
