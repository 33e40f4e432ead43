import Bytes
import Environment
import Synchronization

/// A packed file as the text inside it: reading forward unpacks as it goes, reading further back begins anew.
///
/// Memory is what one decoder takes and two pieces of 64 KB, whatever the file holds.
final class PackedFile: OpenFile {
    private struct State: ~Copyable {
        var stream: UnpackStream?
        /// Where the next packed bytes are read.
        var packedOffset: Int64 = 0
        var packed: [UInt8] = []
        var used = 0
        /// Whether the last read came to an end that is none.
        var endsEarly = false
        /// Text that was unpacked and not yet asked for, and where it begins.
        var text: [UInt8] = []
        var textOffset: Int64 = 0
    }

    private let file: any OpenFile
    private let path: String
    private let state = Mutex(State())

    private static let step = 64 << 10

    init(_ file: any OpenFile, path: String) {
        self.file = file
        self.path = path
    }

    /// - Throws: a `FileError` with cause `io` when the file is damaged or ends early.
    func read(at offset: Int64, count: Int, into buffer: inout [UInt8]) throws(FileError) -> Int {
        let (file, path) = (file, path)
        let result: Result<[UInt8], FileError> = state.withLock { state in
            if state.stream == nil || offset < state.textOffset { state = State() }
            var piece: [UInt8] = []
            var failure: FileError?
            while true {
                let wanted = offset + Int64(piece.count)
                let skipped = Int(min(wanted - state.textOffset, Int64(state.text.count)))
                let taken = state.text[skipped...].prefix(count - piece.count)
                piece += taken
                state.textOffset += Int64(skipped + taken.count)
                state.text.removeFirst(skipped + taken.count)
                // What came before a damage is given first.
                if let failure, piece.isEmpty { return .failure(failure) }
                if piece.count == count || failure != nil { return .success(piece) }
                do throws(FileError) {
                    if try !Self.unpack(&state, file, path) { return .success(piece) }
                } catch {
                    failure = error
                }
            }
        }
        let piece = try result.get()
        buffer += piece
        return piece.count
    }

    /// Unpacks some more; false at the end.
    private static func unpack(_ state: inout State, _ file: any OpenFile, _ path: String) throws(FileError) -> Bool {
        if state.used == state.packed.count, state.stream?.needsInput ?? true {
            state.packed.removeAll(keepingCapacity: true)
            state.used = 0
            let count = try file.read(at: state.packedOffset, count: step, into: &state.packed)
            state.packedOffset += Int64(count)
            state.endsEarly = count == 0 ? !(state.stream?.isAtMemberEnd ?? true) : state.stream == nil && count < Packing.signatureLength
            if state.endsEarly { throw FileError("unpack the end of", path, .io) }
            if count == 0 { return false }
        }
        do throws(CorruptBytes) {
            if state.stream == nil {
                guard let packing = Packing(beginning: Array(state.packed.prefix(Packing.signatureLength))) else {
                    throw CorruptBytes("packed file", offset: 0, expected: "a signature that is known")
                }
                state.stream = try UnpackStream(packing)
            }
            // Taken out: the stream and the text are changed at the same time.
            var text = state.text
            state.text = []
            defer { state.text = text }
            let used = state.used
            let packed = state.packed
            state.used += try state.stream!.decode(packed.span.extracting(used...), limit: step, into: &text)
        } catch {
            throw FileError("unpack", path, .io)
        }
        return true
    }

    /// Whether the last read failed for want of more: the file may still be written.
    var endsEarly: Bool { state.withLock { $0.endsEarly } }

    /// Gives the decoder's memory back until the next read, which begins anew.
    func rest() { state.withLock { $0 = State() } }

    func attributes() throws(FileError) -> FileAttributes { try file.attributes() }

    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(FileError) { throw FileError("write", path, .readOnly) }
    func truncate(to size: Int64) throws(FileError) { throw FileError("truncate", path, .readOnly) }
    func sync() throws(FileError) {}
    func close() throws(FileError) { try file.close() }
}
