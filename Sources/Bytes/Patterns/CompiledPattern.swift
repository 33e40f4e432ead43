private import CRE2

/// Owns one compiled RE2 pattern.
///
/// - Isolation: RE2 objects are immutable to their users and lock their own caches, so any thread may match.
@safe
final class CompiledPattern: @unchecked Sendable {
    private let handle: OpaquePointer
    /// Names of the groups from 1 on.
    let groupNames: [String?]
    private let isAnchored: Bool

    init(_ pattern: String, options: RegularExpression.Options, budget: Int64) throws(PatternError) {
        let settings = cre2_options(
            case_insensitive: options.contains(.caseInsensitive), latin1: options.contains(.latin1),
            dot_matches_newline: !options.isDisjoint(with: [.anchored, .dotMatchesNewline]), literal: false,
            memory_budget: budget)
        var pattern = pattern
        let handle = pattern.withUTF8 { text in
            unsafe text.withMemoryRebound(to: CChar.self) { unsafe cre2_create($0.baseAddress, $0.count, settings) }
        }
        guard unsafe cre2_is_valid(handle) else {
            var count = 0
            let message = unsafe cre2_error(handle, &count)
            let text = unsafe String(decoding: UnsafeRawBufferPointer(start: message, count: count), as: UTF8.self)
            let part = unsafe cre2_error_part(handle, &count)
            let culprit = unsafe String(decoding: UnsafeRawBufferPointer(start: part, count: count), as: UTF8.self)
            unsafe cre2_destroy(handle)
            throw PatternSyntax.error(message: text, culprit: culprit, pattern: pattern)
        }
        var names: [String?] = []
        let groupCount = unsafe cre2_group_count(handle)
        for group in 0..<groupCount {
            var count = 0
            let name = unsafe cre2_group_name(handle, group + 1, &count)
            names.append(
                unsafe name.map { unsafe String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self) })
        }
        unsafe self.handle = handle
        groupNames = names
        isAnchored = options.contains(.anchored)
    }

    deinit {
        unsafe cre2_destroy(handle)
    }

    func matches(_ text: Span<UInt8>) -> Bool {
        unsafe text.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) {
                unsafe cre2_match(handle, $0.baseAddress, 0, $0.count, isAnchored, nil, 0)
            }
        }
    }

    func captures(_ text: Span<UInt8>, from start: Int, groups: Int) -> [Range<Int>?]? {
        unsafe text.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * groups) { offsets -> [Range<Int>?]? in
                    guard
                        unsafe cre2_match(
                            handle, characters.baseAddress, start, characters.count, isAnchored, offsets.baseAddress,
                            Int32(groups))
                    else { return nil }
                    return (0..<groups).map { group in
                        let lower = unsafe offsets[2 * group]
                        return lower < 0 ? nil : unsafe lower..<offsets[2 * group + 1]
                    }
                }
            }
        }
    }
}
