/// A long list that is written while it is sent: a few objects at a time, so that its text never lies in memory as a whole.
///
/// - Invariant: what the objects are was settled when the list was decided; making a piece only writes them out.
package final class ListPieces: Sendable, Equatable {
    private let head: [UInt8]
    private let tail: [UInt8]
    package let count: Int
    private let append: @Sendable (_ place: Int, inout [UInt8]) throws(StatusError) -> Void

    /// Bytes that a piece has at least, unless it is the last one.
    package static let pieceSize = 64 << 10

    /// - Parameters:
    ///   - head: the text up to and with the bracket that opens the items.
    ///   - tail: the text from the bracket that closes them.
    ///   - append: writes the object at a place behind what is there.
    package init(
        head: [UInt8], tail: [UInt8], count: Int, append: @escaping @Sendable (_ place: Int, inout [UInt8]) throws(StatusError) -> Void
    ) {
        self.head = head
        self.tail = tail
        self.count = count
        self.append = append
    }

    /// The text from the object at a place on, which then names the next piece's first object; nil behind the last piece. The first begins at 0.
    package func piece(from place: inout Int) throws(StatusError) -> [UInt8]? {
        guard place <= count else { return nil }
        var text = place == 0 ? head : []
        text.reserveCapacity(Self.pieceSize * 5 / 4)
        while place < count, text.count < Self.pieceSize {
            if place > 0 { text.append(UInt8(ascii: ",")) }
            try append(place, &text)
            place += 1
        }
        if place == count {
            text.append(contentsOf: tail)
            place += 1
        }
        return text
    }

    package func object(at place: Int) throws(StatusError) -> [UInt8] {
        var text: [UInt8] = []
        try append(place, &text)
        return text
    }

    /// The list as if it had no items.
    package var envelope: [UInt8] { head + tail }

    /// All of it.
    package func text() throws(StatusError) -> [UInt8] {
        var text: [UInt8] = []
        var place = 0
        while let piece = try piece(from: &place) { text.append(contentsOf: piece) }
        return text
    }

    package static func == (left: ListPieces, right: ListPieces) -> Bool { left === right }
}
