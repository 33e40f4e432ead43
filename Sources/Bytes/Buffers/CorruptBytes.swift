/// Bytes from a disk or a peer that are not what their format says.
package struct CorruptBytes: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was being read, as its format names it.
    package var what: String
    /// Offset into the bytes given to the reader.
    package var offset: Int
    package var expected: String

    package init(_ what: String, offset: Int, expected: String = "") {
        self.what = what
        self.offset = offset
        self.expected = expected
    }

    package var description: String {
        let place = "cannot read \(what) at byte \(offset)"
        return expected.isEmpty ? place : "\(place): \(expected)"
    }
}
