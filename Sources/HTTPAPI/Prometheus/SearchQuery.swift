import Bytes
import Telemetry

/// What `/api/v1/search/*` looks for among names: substrings, or texts that are near enough.
///
/// - Source: the parameters of Prometheus' experimental search API; scores are from 0 to 1.
struct SearchQuery {
    enum Algorithm: String {
        case subsequence, jarowinkler
    }

    var terms: [String]
    var isCaseSensitive = true
    var algorithm = Algorithm.subsequence
    /// 0 to 1: what a text must score at least when it does not contain a term. 1 asks for substrings only.
    var threshold = 0.0
    var isFuzzy = false

    init(_ parameters: QueryParameters) throws(PrometheusParameters.Invalid) {
        terms = (parameters.values("search[]") + parameters.values("search")).filter { !$0.isEmpty }
        guard terms.count <= 32 else { throw .init(message: "invalid parameter \"search[]\": at most 32 terms") }
        isCaseSensitive = try Self.flag(parameters, "case_sensitive", default: true)
        if let name = parameters["fuzz_alg"], !name.isEmpty {
            guard let known = Algorithm(rawValue: name) else {
                throw .init(message: "invalid parameter \"fuzz_alg\": \"\(name)\" is neither subsequence nor jarowinkler")
            }
            algorithm = known
        }
        if let text = parameters["fuzz_threshold"], !text.isEmpty {
            guard let value = Int(text), (0...100).contains(value) else {
                throw .init(message: "invalid parameter \"fuzz_threshold\": \"\(text)\" is no number from 0 to 100")
            }
            isFuzzy = value > 0
            threshold = Double(value) / 100
        }
    }

    static func flag(_ parameters: QueryParameters, _ name: String, default fallback: Bool) throws(PrometheusParameters.Invalid) -> Bool {
        switch parameters[name] ?? "" {
        case "": fallback
        case "true", "1": true
        case "false", "0": false
        default: throw .init(message: "invalid parameter \"\(name)\": it must be true or false")
        }
    }

    /// The best score over all terms; nil when none fits.
    func score(_ text: String) -> Double? {
        if terms.isEmpty { return 1 }
        let bytes = folded(text)
        return terms.compactMap { score(bytes, folded($0)) }.max()
    }

    private func folded(_ text: String) -> [UInt8] { Array((isCaseSensitive ? text : text.lowercased()).utf8) }

    private func score(_ text: [UInt8], _ term: [UInt8]) -> Double? {
        if text == term { return 1 }
        if Self.contains(text, term) { return 0.9 + 0.1 * Double(term.count) / Double(text.count) }
        guard isFuzzy else { return nil }
        let score = algorithm == .jarowinkler ? Similarity.jaroWinkler(text, term) : Similarity.subsequence(text, term)
        return score > 0 && score >= threshold ? score : nil
    }

    private static func contains(_ text: [UInt8], _ term: [UInt8]) -> Bool {
        guard term.count <= text.count else { return false }
        return (0...text.count - term.count).contains { text[$0..<$0 + term.count].elementsEqual(term) }
    }
}

/// How near two texts are, from 0 to 1.
enum Similarity {
    /// Whether the term's letters stand in the text in their order, and how close together they do.
    static func subsequence(_ text: [UInt8], _ term: [UInt8]) -> Double {
        var next = 0
        var first: Int?
        var last = 0
        for (place, byte) in text.enumerated() where next < term.count && byte == term[next] {
            if first == nil { first = place }
            last = place
            next += 1
        }
        guard next == term.count, let first, !term.isEmpty else { return 0 }
        return Double(term.count) / Double(last - first + 1) * 0.9
    }

    /// - Source: Winkler 1990: Jaro's measure, raised by a common prefix of up to four letters.
    static func jaroWinkler(_ left: [UInt8], _ right: [UInt8]) -> Double {
        guard !left.isEmpty, !right.isEmpty else { return 0 }
        let reach = max(0, max(left.count, right.count) / 2 - 1)
        var taken = [Bool](repeating: false, count: right.count)
        var matched: [UInt8] = []
        for (place, byte) in left.enumerated() {
            let low = max(0, place - reach)
            let high = min(right.count, place + reach + 1)
            guard low < high, let other = (low..<high).first(where: { !taken[$0] && right[$0] == byte }) else { continue }
            taken[other] = true
            matched.append(byte)
        }
        guard !matched.isEmpty else { return 0 }
        let counterparts = right.indices.filter { taken[$0] }.map { right[$0] }
        let transposed = zip(matched, counterparts).count { $0 != $1 } / 2
        let count = Double(matched.count)
        let jaro = (count / Double(left.count) + count / Double(right.count) + (count - Double(transposed)) / count) / 3
        let prefix = zip(left, right).prefix(4).prefix { $0 == $1 }.count
        return jaro + Double(prefix) * 0.1 * (1 - jaro)
    }
}
