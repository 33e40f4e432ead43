import Testing

@testable import Bytes

@Suite("JSON")
struct JSONTests {
    @Test(
        "a compact document comes back byte for byte",
        arguments: [
            "null", "true", "[]", "{}", "\"\"", "-0.5e+10", "12345678901234567890123", "[1,2.0,[],{\"a\":null}]",
            "{\"b\":1,\"a\":{\"x\":[true,false]}}", "\"\\\"\\\\\\n\\u0001\\u2028é😀\"",
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue.parse(text).description == text)
    }

    @Test(
        "what RFC 8259 forbids is refused",
        arguments: [
            "", " ", "nul", "tru", "[1,]", "[,1]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "[1 2]", "01", "1.", ".5", "+1", "1e", "0x1",
            "\"\\x\"", "\"\\u12g4\"", "\"a", "\"\n\"", "[", "{", "{\"a\":", "1 2", "'a'", "[1}", "NaN", "-", "--1", "\u{feff}1",
        ])
    func refused(text: String) {
        #expect(throws: JSONError.self) { try JSONValue.parse(text) }
    }

    @Test("an error names line and column")
    func position() {
        let error = #expect(throws: JSONError.self) { try JSONValue.parse("{\n  \"a\": 1,\n  \"b\" 2\n}") }
        #expect(error?.line == 3)
        #expect(error?.column == 7)
        #expect(error?.description == "cannot read JSON at line 3, column 7: expected \":\" after a member name, found \"2\"")
    }

    @Test("nesting deeper than the limit is an error, not a crash")
    func depth() {
        let deep = [UInt8](repeating: 0x5b, count: 100_000)
        #expect(throws: JSONError.self) { try JSONValue.parse(deep) }
        var reader = JSONReader(deep)
        #expect(throws: JSONError.self) { try reader.skipValue() }
        #expect(throws: Never.self) { try JSONValue.parse(Array("[[1]]".utf8), maxDepth: 2) }
        #expect(throws: JSONError.self) { try JSONValue.parse(Array("[[1]]".utf8), maxDepth: 1) }
    }

    @Test("a repeated key keeps its last value, or is refused on request")
    func duplicates() throws {
        let text = Array("{\"a\":1,\"b\":2,\"\\u0061\":3}".utf8)
        #expect(try JSONValue.parse(text) == ["a": 3, "b": 2])
        let error = #expect(throws: JSONError.self) { try JSONValue.parse(text, rejectsDuplicateKeys: true) }
        #expect(error?.message == "member \"a\" is given twice")
    }

    @Test("escapes, surrogate pairs and broken UTF-8 become text as Go makes it")
    func strings() throws {
        #expect(try JSONValue.parse("\"\\ud83d\\ude00\"") == "😀")
        #expect(try JSONValue.parse("\"\\ud83d\"") == "\u{fffd}")
        #expect(try JSONValue.parse("\"\\ude00x\"") == "\u{fffd}x")
        #expect(try JSONValue.parse("\"\\b\\f\\/\"") == "\u{8}\u{c}/")
        #expect(try JSONValue.parse([0x22, 0xff, 0x41, 0x22]) == "\u{fffd}A")
        var writer = JSONWriter()
        writer.string(utf8: [0x61, 0xff, 0x62, 0x3c].span)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"a\\ufffdb<\"")
    }

    @Test("the pull reader reads a document without making a tree")
    func pull() throws {
        var reader = JSONReader(Array(" {\"n\" : 5 , \"list\":[1.5,2], \"skip\":{\"x\":[1]}, \"s\":\"a\\tb\"} ".utf8))
        var number: Int64 = 0
        var list: [Double] = []
        var skipped = ""
        var text = ""
        try reader.readObject { (reader, key) throws(JSONError) in
            if reader.matches(key, "n") {
                number = try reader.readInt64()
            } else if reader.matches(key, "list") {
                try reader.readArray { (reader) throws(JSONError) in list.append(try reader.readDouble()) }
            } else if reader.matches(key, "s") {
                text = try reader.readString()
            } else {
                skipped = String(decoding: reader.bytes[try reader.skipValue()], as: UTF8.self)
            }
        }
        try reader.expectEnd()
        #expect(number == 5)
        #expect(list == [1.5, 2])
        #expect(skipped == "{\"x\":[1]}")
        #expect(text == "a\tb")
    }

    @Test("the writer places commas and escapes")
    func writer() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", "a\"b")
        writer.member("count", 3)
        writer.key("list")
        writer.beginArray()
        writer.number(1.25)
        writer.bool(false)
        writer.null()
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.key("raw")
        writer.raw([0x31])
        writer.endObject()
        writer.newline()
        writer.number(UInt64.max)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == "{\"name\":\"a\\\"b\",\"count\":3,\"list\":[1.25,false,null,{}],\"raw\":1}\n18446744073709551615")
    }

    @Test("objects are equal whatever their order, and find their members")
    func objects() {
        var object = JSONObject()
        for index in 0..<40 { object["k\(index)"] = .number(index) }
        #expect(object["k33"] == 33)
        object["k5"] = nil
        #expect(object.count == 39)
        #expect(object["k33"] == 33)
        #expect(object["k5"] == nil)
        for index in 6..<40 { object.remove("k\(index)") }
        #expect(object.keys == ["k0", "k1", "k2", "k3", "k4"])
        let reversed = JSONObject(object.reversed().map { ($0.key, $0.value) })
        #expect(object == reversed)
        #expect(object.hashValue == reversed.hashValue)
        #expect(JSONValue.object(reversed).canonicalBytes == JSONValue.object(object).canonicalBytes)
    }

    @Test("a tree is changed in place by key, index and path")
    func access() {
        var value: JSONValue = ["spec": ["replicas": 1, "ports": [80, 443]]]
        value["spec"]!["replicas"] = 5
        value.set("web", at: ["metadata", "labels", "app"])
        #expect(value.value(at: "metadata", "labels", "app")?.stringValue == "web")
        #expect(value.value(at: "spec", "replicas")?.int64Value == 5)
        #expect(value["spec"]?["ports"]?[1] == 443)
        value.set(nil, at: ["metadata", "labels"])
        value.set(nil, at: ["nothing", "here"])
        #expect(value == ["spec": ["replicas": 5, "ports": [80, 443]], "metadata": [:]])
        #expect(JSONValue.parseOrNil("[1]")?.indentedText() == "[\n  1\n]")
    }

    @Test("random bytes and random damage never crash the reader")
    func fuzz() {
        var random = Xoshiro256(seed: 4)
        let sample = Array("{\"a\":[1,2.5e3,\"x\\u00e9\\n\",true,null],\"b\":{\"c\":{}}}".utf8)
        for _ in 0..<20_000 {
            var bytes = sample
            for _ in 0...random.next(below: 3) {
                let place = random.next(below: bytes.count)
                switch random.next(below: 3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(sample[random.next(below: sample.count)], at: place)
                }
            }
            if let value = try? JSONValue.parse(bytes) { #expect((try? JSONValue.parse(value.bytes)) == value) }
        }
    }
}

extension JSONValue {
    fileprivate static func parseOrNil(_ text: String) -> JSONValue? { try? parse(text) }
}
