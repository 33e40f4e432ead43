import Bytes
import Environment

@testable import Collection

/// Does to a log, step by step from a seed, what programs, rotators and kills do.
enum TailRotator {
    struct Notes: CustomStringConvertible {
        var renames = 0
        var copies = 0
        var packed = 0
        var restarts = 0
        /// Restarts that came before what was read had become durable.
        var undurable = 0

        var description: String { "\(renames) renames, \(copies) copies, \(packed) packed, \(restarts) restarts, \(undurable) of them early" }
    }

    struct Losses {
        var missing: Set<String>
        var doubled: Set<String>
    }

    static func run(_ tail: inout TailFixture, steps: Int, _ generator: inout Xoshiro256) throws -> (Losses, Notes) {
        var notes = Notes()
        var rotated: [String] = []
        var number = 1000
        // A copy loses what is written between it and the cut, so a rotator uses one way for all files.
        let copies = Bool.random(using: &generator)
        for _ in 0..<steps {
            switch Int.random(in: 0..<14, using: &generator) {
            case 0...5: try tail.write(Int.random(in: 1...20, using: &generator))
            case 6, 7: tail.poll(limit: Int.random(in: 100...4000, using: &generator))
            case 8, 9:
                guard tail.files.exists(tail.path), try tail.files.attributes(tail.path)!.size > 0 else { continue }
                number += 1
                let name = tail.path + ".20261124-\(number).000000000"
                if copies {
                    try tail.append(try tail.files.contents(tail.path), to: name)
                    if Bool.random(using: &generator) { tail.poll() }
                    try tail.cut()
                    notes.copies += 1
                } else {
                    try tail.files.rename(tail.path, to: name)
                    notes.renames += 1
                }
                rotated.append(name)
            case 10:
                guard !rotated.isEmpty else { continue }
                let path = rotated.removeFirst()
                try tail.pack(path, keepsOriginal: true)
                if Bool.random(using: &generator) { tail.poll(limit: 500) }
                try tail.files.removeFile(path)
                notes.packed += 1
            case 11:
                if Bool.random(using: &generator) {
                    let before = tail.lines.count
                    tail.poll(isDurable: false)
                    if tail.lines.count > before { notes.undurable += 1 }
                }
                notes.restarts += 1
                tail.restart()
            default:
                let before = tail.lines.count
                let isDurable = Bool.random(using: &generator)
                tail.poll(isDurable: isDurable)
                if !isDurable, tail.lines.count > before { notes.undurable += 1 }
            }
        }
        for _ in 0..<4 { tail.poll() }
        let written = Set(tail.expected)
        var seen: Set<String> = []
        var doubled: Set<String> = []
        for line in tail.lines where !seen.insert(line).inserted { doubled.insert(line) }
        return (Losses(missing: written.subtracting(seen), doubled: doubled), notes)
    }
}
