import QueryLanguage

/// What `/api/v1/search/*` looks for among names: texts that have a term's letters in their order, or that are near enough.
///
/// - Source: the parameters of Prometheus' experimental search API; scores are from 0 to 1.
struct SearchQuery {
    enum Algorithm: String, CaseIterable {
        case subsequence, jarowinkler
    }

    var terms: [String]
    var isCaseSensitive = true
    var algorithm = Algorithm.subsequence
    /// 0 to 1: what a text must score at least. For Jaro and Winkler's measure 0 asks for substrings only.
    var threshold = 0.0

    init(_ parameters: QueryParameters) throws(PrometheusParameters.Invalid) {
        terms = parameters.values("search[]")
        guard terms.count <= 32 else { throw .init(message: "invalid search[]: at most 32 terms") }
        isCaseSensitive = try Self.flag(parameters, "case_sensitive", default: true)
        if let name = parameters["fuzz_alg"], !name.isEmpty {
            guard let known = Algorithm(rawValue: name) else {
                let names = Algorithm.allCases.map(\.rawValue).joined(separator: " ")
                throw .init(message: "unsupported fuzz_alg \(Literals.quote(name)): must be one of [\(names)]")
            }
            algorithm = known
        }
        if let text = parameters["fuzz_threshold"], !text.isEmpty {
            guard let value = Int(text), (0...100).contains(value) else {
                throw .init(message: "invalid fuzz_threshold \(Literals.quote(text)): must be 0-100")
            }
            threshold = Double(value) / 100
        }
    }

    static func flag(_ parameters: QueryParameters, _ name: String, default fallback: Bool) throws(PrometheusParameters.Invalid) -> Bool {
        guard let text = parameters[name], !text.isEmpty else { return fallback }
        guard let flag = PrometheusParameters.flag(text) else {
            throw .init(message: "invalid \(name) \(Literals.quote(text)): must be boolean")
        }
        return flag
    }

    /// The best score over all terms; nil when none fits.
    func score(_ text: String) -> Double? {
        if terms.isEmpty { return 1 }
        let bytes = folded(text)
        return terms.compactMap { score(bytes, folded($0)) }.max()
    }

    /// Scalars, so that a letter is one step however many bytes it has.
    private func folded(_ text: String) -> [Unicode.Scalar] { Array((isCaseSensitive ? text : text.lowercased()).unicodeScalars) }

    /// - Source: Prometheus: what begins with the term is as good as the term itself.
    private func score(_ text: [Unicode.Scalar], _ term: [Unicode.Scalar]) -> Double? {
        if text.starts(with: term) { return 1 }
        switch algorithm {
        case .subsequence:
            let score = Similarity.subsequence(text, term)
            return score > 0 && score >= threshold ? score : nil
        case .jarowinkler:
            if Self.contains(text, term) { return 0.9 }
            guard threshold > 0 else { return nil }
            let score = Similarity.jaroWinkler(text, term)
            return score >= threshold ? score : nil
        }
    }

    private static func contains(_ text: [Unicode.Scalar], _ term: [Unicode.Scalar]) -> Bool {
        guard term.count <= text.count else { return false }
        return (0...text.count - term.count).contains { text[$0..<$0 + term.count].elementsEqual(term) }
    }
}

/// How near two texts are, from 0 to 1.
enum Similarity {
    /// How close together the term's letters stand in the text, in their order; 0 when they do not.
    ///
    /// Runs of letters count by the square of their length, so one long run beats several short ones; each letter between runs, and half of each
    /// behind the last one, takes off its share of the text. Every place where the term may begin is tried, and from there the nearest letter taken.
    static func subsequence<Letter: Equatable>(_ text: [Letter], _ term: [Letter]) -> Double {
        guard !term.isEmpty, term.count <= text.count else { return 0 }
        var best = 0.0
        for start in 0...text.count - term.count where text[start] == term[0] {
            // Less text remains for later places, so what fails here fails there too.
            guard let score = runScore(text, term, from: start) else { break }
            best = max(best, score)
        }
        return best / Double(term.count * term.count)
    }

    private static func runScore<Letter: Equatable>(_ text: [Letter], _ term: [Letter], from start: Int) -> Double? {
        var (place, matched, runEnd) = (start, 0, 0)
        var (score, gaps) = (0.0, 0.0)
        while matched < term.count {
            while place < text.count, text[place] != term[matched] { place += 1 }
            let runStart = place
            while place < text.count, matched < term.count, text[place] == term[matched] {
                place += 1
                matched += 1
            }
            if place == runStart { return nil }
            gaps += Double(runStart - runEnd)
            score += Double((place - runStart) * (place - runStart))
            runEnd = place
        }
        return score - (gaps + Double(text.count - runEnd) / 2) / Double(text.count)
    }

    /// - Source: Winkler 1990: Jaro's measure, raised by a common prefix of up to four letters.
    static func jaroWinkler<Letter: Equatable>(_ left: [Letter], _ right: [Letter]) -> Double {
        // The shorter one looks for its letters in the longer one.
        if left.count > right.count { return jaroWinkler(right, left) }
        guard !left.isEmpty, !right.isEmpty else { return 0 }
        let reach = max(0, max(left.count, right.count) / 2 - 1)
        var taken = [Bool](repeating: false, count: right.count)
        var matched: [Letter] = []
        for (place, byte) in left.enumerated() {
            let low = max(0, place - reach)
            let high = min(right.count, place + reach + 1)
            guard low < high, let other = (low..<high).first(where: { !taken[$0] && right[$0] == byte }) else { continue }
            taken[other] = true
            matched.append(byte)
        }
        guard !matched.isEmpty else { return 0 }
        let counterparts = right.indices.filter { taken[$0] }.map { right[$0] }
        let transposed = Double(zip(matched, counterparts).count { $0 != $1 }) / 2
        let count = Double(matched.count)
        let jaro = (count / Double(left.count) + count / Double(right.count) + (count - transposed) / count) / 3
        let prefix = zip(left, right).prefix(4).prefix { $0 == $1 }.count
        return jaro + Double(prefix) * 0.1 * (1 - jaro)
    }
}
