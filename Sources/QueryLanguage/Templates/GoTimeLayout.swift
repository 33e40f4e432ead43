import Bytes

/// A layout as Go's package `time` has it: it spells the reference time `Mon Jan 2 15:04:05 MST 2006`.
///
/// - Source: the documentation of Go's `time.Layout`, and the chunks that `time.Format` knows.
struct GoTimeLayout {
    enum Piece: Equatable {
        case literal(UInt8)
        case element(String)
        /// `.000` or `.999`: digits, and whether zeros at the end are cut.
        case fraction(Int, cuts: Bool)
    }

    let pieces: [Piece]

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// Longest first where one begins another.
    private static let elements = [
        "January", "Jan", "Monday", "Mon", "MST", "2006", "Z07:00:00", "Z070000", "Z07:00", "Z0700", "Z07", "-07:00:00", "-070000", "-07:00", "-0700",
        "-07", "002", "01", "02", "03", "04", "05", "06", "15", "PM", "pm", "__2", "_2", "1", "2", "3", "4", "5",
    ].map { (name: $0, bytes: Array($0.utf8)) }

    init(_ layout: String) {
        let text = Array(layout.utf8)
        var pieces: [Piece] = []
        var index = 0
        while index < text.count {
            if let (fraction, end) = Self.fraction(text, index) {
                pieces.append(fraction)
                index = end
            } else if let element = Self.element(text, index) {
                pieces.append(.element(element))
                index += element.utf8.count
            } else {
                pieces.append(.literal(text[index]))
                index += 1
            }
        }
        self.pieces = pieces
    }

    private static func fraction(_ text: [UInt8], _ index: Int) -> (Piece, end: Int)? {
        guard text[index] == UInt8(ascii: ".") || text[index] == UInt8(ascii: ","), index + 1 < text.count, text[index + 1] == 0x30 || text[index + 1] == 0x39
        else { return nil }
        var end = index + 1
        while end < text.count, text[end] == text[index + 1] { end += 1 }
        // More digits behind them make it a number, not a fraction of the second.
        guard end == text.count || text[end] < 0x30 || text[end] > 0x39 else { return nil }
        return (.fraction(end - index - 1, cuts: text[index + 1] == 0x39), end)
    }

    private static func element(_ text: [UInt8], _ index: Int) -> String? {
        guard let (name, bytes) = elements.first(where: { text[index...].starts(with: $0.bytes) }) else { return nil }
        let next = index + bytes.count < text.count ? text[index + bytes.count] : 0
        // `Month` is a word of its own.
        if name == "Jan" || name == "Mon", next >= UInt8(ascii: "a"), next <= UInt8(ascii: "z") { return nil }
        // `_2006` is a year behind a line.
        if name == "_2", text[index...].starts(with: "_2006".utf8) { return nil }
        return name
    }
}

extension GoTime {
    /// The time in a layout of Go's.
    func text(in layout: String) -> String {
        let (civil, period) = (civil, period)
        var bytes: [UInt8] = []
        for piece in GoTimeLayout(layout).pieces {
            switch piece {
            case .literal(let byte): bytes.append(byte)
            case .fraction(let count, let cuts):
                var digits = Self.padded(nanosecond, 9).prefix(count)
                if cuts { while digits.last == "0" { digits.removeLast() } }
                if !digits.isEmpty { bytes += Array(("." + digits).utf8) }
            case .element(let element): bytes += Array((zoneText(element, period) ?? text(of: element, civil)).utf8)
            }
        }
        return UTF8Validation.repaired(bytes[...])
    }

    private static func padded(_ value: Int, _ width: Int, _ pad: Character = "0") -> String {
        let text = String(value.magnitude)
        return (value < 0 ? "-" : "") + String(repeating: pad, count: max(0, width - text.count)) + text
    }

    private func text(of element: String, _ civil: CivilTime) -> String {
        let hour12 = civil.hour % 12 == 0 ? 12 : civil.hour % 12
        switch element {
        case "2006": return Self.padded(civil.year, 4)
        case "06": return Self.padded(((civil.year % 100) + 100) % 100, 2)
        case "January": return GoTimeLayout.months[civil.month - 1]
        case "Jan": return String(GoTimeLayout.months[civil.month - 1].prefix(3))
        case "01": return Self.padded(civil.month, 2)
        case "1": return String(civil.month)
        case "Monday": return GoTimeLayout.days[civil.weekday % 7]
        case "Mon": return String(GoTimeLayout.days[civil.weekday % 7].prefix(3))
        case "02": return Self.padded(civil.day, 2)
        case "2": return String(civil.day)
        case "_2": return Self.padded(civil.day, 2, " ")
        case "002": return Self.padded(dayOfYear, 3)
        case "__2": return Self.padded(dayOfYear, 3, " ")
        case "15": return Self.padded(civil.hour, 2)
        case "03": return Self.padded(hour12, 2)
        case "3": return String(hour12)
        case "04": return Self.padded(civil.minute, 2)
        case "4": return String(civil.minute)
        case "05": return Self.padded(civil.second, 2)
        case "5": return String(civil.second)
        case "PM": return civil.hour < 12 ? "AM" : "PM"
        default: return civil.hour < 12 ? "am" : "pm"
        }
    }

    /// The zone in one of its forms; nil when the element is none of them. A zone without a name is shown by its offset.
    private func zoneText(_ element: String, _ period: TimeZoneRules.Period) -> String? {
        if element == "MST", !period.abbreviation.isEmpty { return period.abbreviation }
        if element.hasPrefix("Z"), period.offset == 0 { return "Z" }
        guard element == "MST" || element.hasPrefix("Z") || element.hasPrefix("-") else { return nil }
        let seconds = Int(period.offset.magnitude)
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Self.padded($0, 2) }
        // Two digits each for hours, minutes and seconds, as far as the element goes.
        let wanted = element == "MST" ? 2 : element.utf8.filter { $0 >= 0x30 && $0 <= 0x39 }.count / 2
        return (period.offset < 0 ? "-" : "+") + parts.prefix(wanted).joined(separator: element.contains(":") ? ":" : "")
    }
}
