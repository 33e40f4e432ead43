import Bytes

extension GoTime {
    /// Reads a text in a layout of Go's; nil when it is not in it.
    ///
    /// - Parameter zone: what holds where the text says none, and what the time is shown in when its own offset is that zone's.
    /// - Source: Go's `time.ParseInLocation`.
    init?(_ text: String, layout: String, zone: GoZone = .utc) {
        var fields = Fields(rest: Array(text.utf8)[...])
        let pieces = GoTimeLayout(layout).pieces
        var index = 0
        while index < pieces.count {
            let next = index + 1 < pieces.count ? pieces[index + 1] : nil
            guard fields.read(pieces[index], next: next) else { return nil }
            // A run of blanks stands for any run of blanks.
            if pieces[index] == .literal(0x20) { while index + 1 < pieces.count, pieces[index + 1] == .literal(0x20) { index += 1 } }
            index += 1
        }
        guard fields.rest.isEmpty, let local = fields.local else { return nil }
        self.init(seconds: local, nanosecond: fields.nanosecond, zone: zone)
        place(fields, in: zone)
    }

    /// Makes an instant of what a clock shows.
    private mutating func place(_ fields: Fields, in zone: GoZone) {
        let local = seconds
        if fields.isUTC {
            self.zone = .utc
        } else if let offset = fields.offset {
            seconds = local - Int64(offset)
            let here = zone.period(at: seconds)
            let isHere = here.offset == offset && (fields.name.isEmpty || here.abbreviation == fields.name)
            if !isHere { self.zone = .fixed(name: fields.name, seconds: offset) }
        } else if fields.name.isEmpty {
            seconds = zone.instant(local: local)
        } else if case .rules(let rules) = zone, let offset = rules.offset(abbreviated: fields.name, at: local) {
            seconds = local - Int64(offset)
        } else {
            // A name that the zone does not have says nothing but itself; only GMT may have hours behind it.
            let hours = fields.name.hasPrefix("GMT") ? Int(fields.name.dropFirst(3)) ?? 0 : 0
            seconds = local - Int64(hours * 3600)
            self.zone = .fixed(name: fields.name, seconds: hours * 3600)
        }
    }

    /// What was read so far, and the text that is left.
    private struct Fields {
        var rest: ArraySlice<UInt8>
        private var year = 0
        private var month: Int?
        private var day: Int?
        private var dayOfYear: Int?
        private var hour = 0
        private var minute = 0
        private var second = 0
        var nanosecond = 0
        private var isAfternoon: Bool?
        var offset: Int?
        var name = ""
        var isUTC = false

        init(rest: ArraySlice<UInt8>) { self.rest = rest }

        /// Seconds that the clock shows, nil when no clock and no calendar can.
        var local: Int64? {
            var hour = hour
            if isAfternoon == true, hour < 12 { hour += 12 }
            if isAfternoon == false, hour == 12 { hour = 0 }
            guard hour < 24, minute < 60, second < 60 else { return nil }
            var days: Int64
            if let dayOfYear {
                guard dayOfYear >= 1, dayOfYear <= (CivilTime.isLeap(year) ? 366 : 365) else { return nil }
                days = CivilTime.days(year: year, month: 1, day: 1) + Int64(dayOfYear - 1)
                let civil = CivilTime(seconds: days * 86_400)
                guard month ?? civil.month == civil.month, day ?? civil.day == civil.day else { return nil }
            } else {
                let (month, day) = (month ?? 1, day ?? 1)
                guard (1...12).contains(month), day >= 1, day <= CivilTime.daysInMonth(year: year, month: month) else { return nil }
                days = CivilTime.days(year: year, month: month, day: day)
            }
            return days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        }

        mutating func read(_ piece: GoTimeLayout.Piece, next: GoTimeLayout.Piece?) -> Bool {
            switch piece {
            case .literal(0x20):
                if let first = rest.first, first != 0x20 { return false }
                skipBlanks()
                return true
            case .literal(let byte):
                guard rest.first == byte else { return false }
                rest.removeFirst()
                return true
            case .fraction(let count, let cuts): return fraction(cuts ? nil : count)
            case .element("05"), .element("5"):
                guard let value = number(2, isFixed: piece == .element("05")) else { return false }
                second = value
                // A fraction may follow that the layout does not have.
                if case .fraction? = next { return true }
                return fraction(nil)
            case .element(let element): return read(element)
            }
        }

        private mutating func read(_ element: String) -> Bool {
            var value: Int?
            switch element {
            case "2006":
                value = number(4, isFixed: true)
                year = value ?? 0
            case "06":
                value = number(2, isFixed: true)
                year = 2000 + (value ?? 0) - ((value ?? 0) >= 69 ? 100 : 0)
            case "January", "Jan":
                value = word(GoTimeLayout.months, element == "Jan" ? 3 : nil)
                month = (value ?? 0) + 1
            case "Monday", "Mon": value = word(GoTimeLayout.days, element == "Mon" ? 3 : nil)
            case "01", "1":
                value = number(2, isFixed: element == "01")
                month = value
            case "02", "2", "_2":
                if element == "_2", rest.first == 0x20 { rest.removeFirst() }
                value = number(2, isFixed: element == "02")
                day = value
            case "002", "__2":
                if element == "__2" { skipBlanks() }
                value = number(3, isFixed: element == "002")
                dayOfYear = value
            case "15", "3", "03":
                value = number(2, isFixed: element == "03")
                hour = value ?? 0
                if element != "15", hour > 12 { return false }
            case "04", "4":
                value = number(2, isFixed: element == "04")
                minute = value ?? 0
            case "PM", "pm":
                let text = String(decoding: rest.prefix(2), as: UTF8.self)
                guard let place = (element == "PM" ? ["AM", "PM"] : ["am", "pm"]).firstIndex(of: text) else { return false }
                rest = rest.dropFirst(2)
                isAfternoon = place == 1
                value = place
            case "MST": return zoneName()
            default: return zoneOffset(element)
            }
            return value != nil
        }

        private mutating func skipBlanks() { rest = rest.drop { $0 == 0x20 } }

        /// Digits, as many as given when fixed, else one is enough.
        private mutating func number(_ width: Int, isFixed: Bool) -> Int? {
            let digits = rest.prefix(width).prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard !digits.isEmpty, !isFixed || digits.count == width else { return nil }
            rest = rest.dropFirst(digits.count)
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        private mutating func word(_ names: [String], _ length: Int?) -> Int? {
            for (place, name) in names.enumerated() {
                let text = length.map { String(name.prefix($0)) } ?? name
                guard rest.count >= text.utf8.count, rest.prefix(text.utf8.count).elementsEqual(text.utf8, by: { $0 | 0x20 == $1 | 0x20 }) else { continue }
                rest = rest.dropFirst(text.utf8.count)
                return place
            }
            return nil
        }

        /// A point or a comma with digits: exactly so many, or any number, which may be none.
        private mutating func fraction(_ count: Int?) -> Bool {
            let hasPoint = rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",")
            let digits = hasPoint ? rest.dropFirst().prefix(count ?? .max).prefix { $0 >= 0x30 && $0 <= 0x39 } : []
            if digits.isEmpty || count.map({ $0 != digits.count }) ?? false { return count == nil }
            nanosecond = (0..<9).reduce(0) { $0 * 10 + ($1 < digits.count ? Int(digits[digits.startIndex + $1] - 0x30) : 0) }
            rest = rest.dropFirst(digits.count + 1)
            return true
        }

        private mutating func zoneOffset(_ element: String) -> Bool {
            if element.hasPrefix("Z"), rest.first == UInt8(ascii: "Z") {
                rest.removeFirst()
                isUTC = true
                return true
            }
            let text = rest.prefix(element.utf8.count)
            guard text.count == element.utf8.count, let seconds = GoZone.seconds(text), text.contains(UInt8(ascii: ":")) == element.contains(":") else { return false }
            rest = rest.dropFirst(text.count)
            offset = seconds
            return true
        }

        /// `UTC`, `CEST`, `GMT+3`, `+03`: three to five capital letters, the last of four and five being a T.
        private mutating func zoneName() -> Bool {
            if rest.starts(with: "UTC".utf8) {
                rest = rest.dropFirst(3)
                isUTC = true
                return true
            }
            let letters = rest.prefix(6).prefix { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") }
            var length: Int
            switch letters.count {
            case 3: length = 3
            case 4, 5: length = letters.last == UInt8(ascii: "T") || letters.elementsEqual("WITA".utf8) ? letters.count : 0
            default: length = rest.starts(with: "ChST".utf8) || rest.starts(with: "MeST".utf8) ? 4 : 0
            }
            if length == 3 && letters.elementsEqual("GMT".utf8) || length == 0, let sign = rest.dropFirst(length).first, sign == 0x2b || sign == 0x2d {
                let hours = rest.dropFirst(length + 1).prefix(2).prefix { $0 >= 0x30 && $0 <= 0x39 }
                if !hours.isEmpty { length += 1 + hours.count }
            }
            guard length > 0 else { return false }
            name = String(decoding: rest.prefix(length), as: UTF8.self)
            rest = rest.dropFirst(length)
            return true
        }
    }
}
