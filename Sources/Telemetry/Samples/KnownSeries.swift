package import Bytes

/// Series that a store has under numbers, lent to a decoder: a label set that it finds here it need not copy.
///
/// - Ownership: for one batch; the label sets are a snapshot, so that the batch can name its series even when the store has moved on.
package struct KnownSeries: Sendable {
    /// Label sets by number, at the time of lending.
    package let sets: PairSetList
    /// Whose numbers they are.
    package let owner: any AnyObject & Sendable
    /// The number of a set in canonical form, found by hash and bytes.
    package let find: @Sendable (_ hash: UInt64, _ bytes: [UInt8], _ range: Range<Int>) -> Int?

    package init(
        sets: PairSetList, owner: any AnyObject & Sendable,
        find: @escaping @Sendable (_ hash: UInt64, _ bytes: [UInt8], _ range: Range<Int>) -> Int?
    ) {
        self.sets = sets
        self.owner = owner
        self.find = find
    }
}
