import Bytes
import Environment

/// Why a part, or a piece of one, cannot be read; it is named so that an answer can say what it lacks.
struct PartFailure: Error, Sendable, CustomStringConvertible {
    var description: String

    init(_ path: String, _ cause: CorruptBytes) { description = "\(path) is damaged: \(cause)" }
    init(_ cause: FileError) { description = String(describing: cause) }
}
