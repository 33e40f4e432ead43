import Testing

@testable import Bytes

@Suite("Decimal numbers")
struct DecimalNumberTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let value: Double
        let positional: String
        let general: String
        let json: String

        init(_ value: Double, _ positional: String, _ general: String, _ json: String) {
            self.value = value
            self.positional = positional
            self.general = general
            self.json = json
        }

        var testDescription: String { positional }
    }

    static let cases = [
        Case(0, "0", "0", "0"),
        Case(-0.0, "-0", "-0", "-0"),
        Case(1, "1", "1", "1"),
        Case(-17, "-17", "-17", "-17"),
        Case(0.1, "0.1", "0.1", "0.1"),
        Case(0.3, "0.3", "0.3", "0.3"),
        Case(0.1 + 0.2, "0.30000000000000004", "0.30000000000000004", "0.30000000000000004"),
        Case(1.5, "1.5", "1.5", "1.5"),
        Case(-123.456, "-123.456", "-123.456", "-123.456"),
        Case(0.001, "0.001", "0.001", "0.001"),
        Case(0.0001, "0.0001", "0.0001", "0.0001"),
        Case(0.00001, "0.00001", "1e-05", "0.00001"),
        Case(0.000001, "0.000001", "1e-06", "0.000001"),
        Case(1.5e-7, "0.00000015", "1.5e-07", "1.5e-7"),
        Case(1e15, "1000000000000000", "1e+15", "1000000000000000"),
        Case(1e20, "100000000000000000000", "1e+20", "100000000000000000000"),
        Case(1e21, "1000000000000000000000", "1e+21", "1e+21"),
        Case(1.7976931348623157e308, "17976931348623157" + String(repeating: "0", count: 292),
            "1.7976931348623157e+308", "1.7976931348623157e+308"),
        Case(.leastNonzeroMagnitude, "0." + String(repeating: "0", count: 323) + "5", "5e-324", "5e-324"),
        Case(1435781430.781, "1435781430.781", "1.435781430781e+09", "1435781430.781"),
        Case(123456789.123456, "123456789.123456", "1.23456789123456e+08", "123456789.123456"),
        Case(9007199254740992, "9007199254740992", "9.007199254740992e+15", "9007199254740992"),
    ]

    @Test("a double takes Go's positional, general and JSON forms", arguments: cases)
    func forms(test: Case) {
        #expect(DecimalNumber.prometheusText(test.value) == test.positional)
        #expect(DecimalNumber.generalText(test.value) == test.general)
        var json: [UInt8] = []
        DecimalNumber.formatJSON(test.value, into: &json)
        #expect(String(decoding: json, as: UTF8.self) == test.json)
    }

    @Test("infinities and NaN have Prometheus' names")
    func named() {
        #expect(DecimalNumber.prometheusText(.infinity) == "+Inf")
        #expect(DecimalNumber.prometheusText(-.infinity) == "-Inf")
        #expect(DecimalNumber.prometheusText(.nan) == "NaN")
        #expect(DecimalNumber.generalText(.nan) == "NaN")
    }

    @Test("what is written reads back as the same double")
    func roundTrip() {
        var random = Xoshiro256(seed: 3)
        for round in 0..<20_000 {
            var value = Double(bitPattern: random.next())
            if round % 3 == 0 { value = Double(Int64(bitPattern: random.next()) >> 20) / 1000 }
            if round % 3 == 1 { value = random.nextUnit() * 1e6 }
            guard value.isFinite else { continue }
            #expect(DecimalNumber.parse(DecimalNumber.prometheusText(value)) == value)
            #expect(DecimalNumber.parse(DecimalNumber.generalText(value)) == value)
        }
    }

    @Test("rounding to places works on the exact value, half to even")
    func fixed() {
        #expect(DecimalNumber.fixedText(2.5, places: 0) == "2")
        #expect(DecimalNumber.fixedText(3.5, places: 0) == "4")
        #expect(DecimalNumber.fixedText(1.005, places: 2) == "1.00")
        #expect(DecimalNumber.fixedText(0.125, places: 2) == "0.12")
        #expect(DecimalNumber.fixedText(-9.999, places: 2) == "-10.00")
        #expect(DecimalNumber.fixedText(0, places: 3) == "0.000")
        #expect(DecimalNumber.fixedText(1e22, places: 1) == "10000000000000000000000.0")
        #expect(DecimalNumber.fixedText(0.05, places: 1) == "0.1")
        #expect(DecimalNumber.fixedText(.leastNonzeroMagnitude, places: 2) == "0.00")
        #expect(DecimalNumber.fixedText(123.456, places: 1) == "123.5")
    }

    @Test(
        "text that is no number is refused",
        arguments: ["", "+", "-", ".", "e5", "1e", "1e+", "1x", " 1", "1 ", "1e400", "0x", "0x1", "0xp1", "nanx", "-nan", "1_000", "--1", "1.2.3"])
    func refused(text: String) {
        #expect(DecimalNumber.parse(text) == nil)
    }

    @Test("names, hexadecimal and long decimals are read")
    func odd() {
        #expect(DecimalNumber.parse("+Inf") == .infinity)
        #expect(DecimalNumber.parse("-infinity") == -.infinity)
        #expect(DecimalNumber.parse("NaN")?.isNaN == true)
        #expect(DecimalNumber.parse("0x1.8p3") == 12)
        #expect(DecimalNumber.parse(".5") == 0.5)
        #expect(DecimalNumber.parse("5.") == 5)
        #expect(DecimalNumber.parse("1e-400") == 0)
        #expect(DecimalNumber.parse("123456789012345678901234567890") == 123456789012345677877719597056)
        #expect(DecimalNumber.parse("0.1000000000000000055511151231257827021181583404541015625") == 0.1)
        #expect(DecimalNumber.parse("00000000000000000000000000012") == 12)
    }

    @Test("integers keep to their 64 bits")
    func integers() {
        #expect(DecimalNumber.parseInt64("-9223372036854775808") == .min)
        #expect(DecimalNumber.parseInt64("9223372036854775807") == .max)
        #expect(DecimalNumber.parseInt64("9223372036854775808") == nil)
        #expect(DecimalNumber.parseInt64("+5") == 5)
        #expect(DecimalNumber.parseInt64("5.0") == nil)
        for value in [0, 9, 10, 99, 100, 12345, Int64.max, .min, -1] {
            var bytes: [UInt8] = []
            DecimalNumber.append(value, to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == String(value))
        }
        var most: [UInt8] = []
        DecimalNumber.append(UInt64.max, to: &most)
        #expect(String(decoding: most, as: UTF8.self) == "18446744073709551615")
    }
}
