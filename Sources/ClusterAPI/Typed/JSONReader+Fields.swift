import Bytes

/// One call per type of field, so that generated code names its type and the type checker has nothing to search.
extension JSONReader {
    mutating func read(string field: inout String?) throws(JSONError) { field = try readString() }
    mutating func read(string field: inout String) throws(JSONError) { field = try readString() }
    mutating func read(int field: inout Int?) throws(JSONError) { field = try readInt() }
    mutating func read(int field: inout Int) throws(JSONError) { field = try readInt() }
    mutating func read(bool field: inout Bool?) throws(JSONError) { field = try readBool() }
    mutating func read(bool field: inout Bool) throws(JSONError) { field = try readBool() }
    mutating func read(double field: inout Double?) throws(JSONError) { field = try readDouble() }
    mutating func read(double field: inout Double) throws(JSONError) { field = try readDouble() }

    mutating func readQuantity() throws(JSONError) -> Quantity {
        let text = try peek() == .number ? try readNumber().text : try readString()
        guard let quantity = Quantity(text) else { throw error("expected a quantity, found \"\(text)\"") }
        return quantity
    }

    mutating func read(quantity field: inout Quantity?) throws(JSONError) { field = try readQuantity() }
    mutating func read(quantity field: inout Quantity) throws(JSONError) { field = try readQuantity() }

    mutating func readTime() throws(JSONError) -> Timestamp {
        let text = try readString()
        guard let time = Timestamp(rfc3339: text) else { throw error("expected a time as of RFC 3339, found \"\(text)\"") }
        return time
    }

    mutating func read(time field: inout Timestamp?) throws(JSONError) { field = try readTime() }
    mutating func read(time field: inout Timestamp) throws(JSONError) { field = try readTime() }
    mutating func read(microTime field: inout Timestamp?) throws(JSONError) { field = try readTime() }
    mutating func read(microTime field: inout Timestamp) throws(JSONError) { field = try readTime() }

    mutating func readIntOrString() throws(JSONError) -> IntOrString {
        try peek() == .number ? .int(try readInt()) : .string(try readString())
    }

    mutating func read(intOrString field: inout IntOrString?) throws(JSONError) { field = try readIntOrString() }
    mutating func read(intOrString field: inout IntOrString) throws(JSONError) { field = try readIntOrString() }

    mutating func read(base64 field: inout Base64Bytes?) throws(JSONError) { field = Base64Bytes(text: try readString()) }
    mutating func read(base64 field: inout Base64Bytes) throws(JSONError) { field = Base64Bytes(text: try readString()) }

    mutating func readRaw() throws(JSONError) -> RawJSON { RawJSON(Array(bytes[try skipValue()])) }

    mutating func read(raw field: inout RawJSON?) throws(JSONError) { field = try readRaw() }
    mutating func read(raw field: inout RawJSON) throws(JSONError) { field = try readRaw() }

    mutating func read<Value: SchemaStruct>(object field: inout Value) throws(JSONError) { field = try Value(from: &self) }
    mutating func read<Value: SchemaStruct>(optionalObject field: inout Boxed<Value>) throws(JSONError) {
        field.value = try Value(from: &self)
    }

    // MARK: Arrays

    mutating func read(strings field: inout [String]) throws(JSONError) {
        field = []
        try beginArray()
        while try nextElement() { field.append(try readString()) }
    }

    mutating func read(ints field: inout [Int]) throws(JSONError) {
        field = []
        try beginArray()
        while try nextElement() { field.append(try readInt()) }
    }

    mutating func read<Value: SchemaStruct>(objects field: inout [Value]) throws(JSONError) {
        field = []
        try beginArray()
        while try nextElement() { field.append(try Value(from: &self)) }
    }

    // MARK: Maps

    mutating func read(stringMap field: inout [String: String]) throws(JSONError) {
        field = [:]
        try beginObject()
        while let key = try nextKey() {
            field[string(key)] = try readNullIfPresent() ? "" : try readString()
        }
    }

    mutating func read(quantityMap field: inout [String: Quantity]) throws(JSONError) {
        field = [:]
        try beginObject()
        while let key = try nextKey() {
            field[string(key)] = try readNullIfPresent() ? .zero : try readQuantity()
        }
    }

    mutating func read(base64Map field: inout [String: Base64Bytes]) throws(JSONError) {
        field = [:]
        try beginObject()
        while let key = try nextKey() {
            field[string(key)] = try readNullIfPresent() ? Base64Bytes() : Base64Bytes(text: try readString())
        }
    }

    mutating func read(stringListMap field: inout [String: [String]]) throws(JSONError) {
        field = [:]
        try beginObject()
        while let key = try nextKey() {
            var list: [String] = []
            if try !readNullIfPresent() { try read(strings: &list) }
            field[string(key)] = list
        }
    }
}
