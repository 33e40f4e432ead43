import Bytes
import CConsoleAssets

/// The table of embedded files, copied out of the binary once.
enum ConsoleAssets {
    struct Asset: Sendable {
        var bytes: [UInt8]
        /// Entity tag: the hash of the contents.
        var tag: String
    }

    static let byPath: [String: Asset] = {
        var table: [String: Asset] = [:]
        for index in 0..<console_asset_count() {
            let asset = unsafe console_asset_at(index)
            let bytes = unsafe Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
            table[unsafe String(cString: asset.path)] = Asset(bytes: bytes, tag: "\"\(String(Hash64.hash(bytes), radix: 16))\"")
        }
        return table
    }()
}
